// The ten marts against plain loops over the same messages, whatever the way by which they came.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRandom, type GeneratedMessage } from '../../generators/index.ts'
import { ANSWERS, tellAnswers } from './answers.ts'
import { checksum, readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const MESSAGES = oddShop(createRandom('odd shop'), '2026-01-01', 5)
const DAYS: [string, string] = ['2025-12-31', '2026-01-10']
const NOTHING = { ...ANSWERS, rates: [], cities: {}, weather: {} }
const expected = plainMarts(readShop(MESSAGES, ANSWERS))

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 2 }])
})
afterEach(() => shop.close())

async function takeIn(messages: readonly GeneratedMessage[]): Promise<void> {
  await shop.log.append(TOPIC, messages)
  await landTopic()
  await loadVault({ rowsPerLoad: 500 })
}

function shuffled<T>(items: readonly T[], seed: string): T[] {
  const random = createRandom(seed)
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

describe('The marts of source terrace', () => {
  it.each(Object.keys(expected))('have in %s what plain loops find', async (mart) => {
    await takeIn(MESSAGES)
    await tellAnswers(shop.pool, ANSWERS, DAYS)
    await loadMarts()
    expect((await readMarts(store))[mart]).toEqual(expected[mart])
  })
})
