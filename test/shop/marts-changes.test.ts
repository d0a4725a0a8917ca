// Batches that load what they change of their days: whatever comes in whatever order, the facts and
// marts are those that are built anew.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createRandom, type GeneratedMessage, type Random } from '../../generators/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
} from '../../tasks/enrich/index.ts'
import { FACTS, type MartBatch } from '../../tasks/marts/index.ts'
import { checksum } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const PARTS = 9

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
})
afterEach(() => shop.close())

async function takeIn(
  messages: GeneratedMessage[],
  beforeFinish?: (loads: { loadIds: string[] }) => Promise<void>,
): Promise<void> {
  await shop.log.append('user_events', messages)
  await landTopic()
  await loadVault({ rowsPerLoad: 20, ...(beforeFinish && { beforeFinish }) })
}

async function lookUp(tasks: (typeof getWeather)[], loads = { loadIds: [] as string[] }) {
  const found = await findLookups({ loads }, nextContext())
  for (const task of tasks) await task({ found }, nextContext())
}

/** How many days of the batch were loaded by what it changes, and how many whole. */
async function daysOf({ batchId }: MartBatch): Promise<{ changed: number; whole: number }> {
  const { rows } = await shop.pool.query<{ changed: number; whole: number }>(
    `select count(*) filter (where not is_whole)::int as changed,
       count(*) filter (where is_whole)::int as whole
     from dds.mart_batch_day where batch_id = $1`,
    [batchId],
  )
  return rows[0]!
}

/** An order that another message says again: earlier or later, in another session. */
function saidAgain(random: Random, messages: GeneratedMessage[]): GeneratedMessage[] {
  return messages.flatMap(({ value }, n) => {
    const { type, occurred_at, payload } = JSON.parse(value!.toString())
    if (type !== 'order' || !random.chance(0.4)) return []
    const at = Date.parse(occurred_at) + random.between(-30, 30) * 3_600_000
    const session_id = `session-${random.between(0, 4)}-${random.between(0, 6)}`
    return message(`again-${n}`, 'order', at, { ...payload, session_id })
  })
}

it.each(['first', 'second', 'third'])('leave what a rebuild finds, %s seed', async (seed) => {
  const random = createRandom(`changes ${seed}`)
  const odd = oddShop(random, '2026-01-01', 5)
  const messages = [...odd, ...saidAgain(random, odd)]
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
  let changedDays = 0
  for (let part = 0; part < PARTS; part++) {
    const some = messages.filter((_, n) => n % PARTS === part)
    const looked = random.pick(['before', 'after', 'cities', 'weather', 'not'])
    if (looked === 'before') {
      await takeIn(some, (loads) => lookUp([getRandomCity, getWeather, getCurrencyRates], loads))
    } else await takeIn(some)
    if (looked === 'after') {
      await loadMarts()
      await lookUp([getRandomCity, getWeather, getCurrencyRates])
    }
    if (looked === 'cities') await lookUp([getRandomCity])
    if (looked === 'weather') await lookUp([getWeather])
    changedDays += (await daysOf(await loadMarts())).changed
    const found = await checksum(store)
    await loadMarts({ rebuild: part === PARTS - 1 ? 'all' : { marts: [...FACTS] } })
    expect(await checksum(store), `part ${part}, look-ups: ${looked}`).toEqual(found)
  }
  expect(changedDays).toBeGreaterThan(PARTS)
})
