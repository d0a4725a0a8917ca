// The facts and marts of a seeded shop of source terrace, as checksums that were recorded once. Whatever
// changes in the layers below: these figures stay equal to the cent. The file of checksums names the columns
// that count, so a table may get more of them; other sources may stand beside.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import {
  createRandom,
  DEFAULT_SHOP,
  type GeneratedMessage,
  generateInterval,
  type Shop,
} from '../../generators/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
} from '../../tasks/enrich/index.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

interface TableSum {
  columns: string
  rows: string
  sum: string
}
const RECORDED = JSON.parse(
  readFileSync(new URL('./marts-checksums.json', import.meta.url), 'utf8'),
) as Record<string, TableSum>

const TOPIC = 'user_events'
const SHOP: Shop = {
  ...DEFAULT_SHOP,
  seed: 'marts checksums',
  eventsPerMinute: 6,
  products: 40,
  founders: 80,
  cancelledShare: 0.15,
  nextDayShare: 0.15,
  reopenedShare: 0.05,
  otherCostShare: 0.1,
  lateShare: 0.05,
  duplicateShare: 0.03,
  brokenShare: 0.05,
  conflictShare: 0.005,
}
const HOUR_MS = 3_600_000

/** Hours around four midnights, of which every batch brings a part of each. */
function messagesOfDays(): GeneratedMessage[] {
  return [0, 1, 2, 4].flatMap((day) => {
    const from = Date.UTC(2026, 2, 1 + day, 21)
    return [...generateInterval(SHOP, new Date(from), new Date(from + 5 * HOUR_MS))].flat()
  })
}

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  // Without keys: the offline answers, which never change.
  for (const key of ['POSITIONSTACK_KEY', 'OPENEXCHANGERATES_APP_ID', 'CURRENCY_API'])
    vi.stubEnv(key, undefined)
  for (const key of ['OPENWEATHER_KEY', 'WEATHER_API_KEY', 'REPORTING_CURRENCY'])
    vi.stubEnv(key, undefined)
  store = await openMartsStore()
  shop = await store.freshShop()
})
afterAll(async () => {
  await shop.close()
  await store.close()
  vi.unstubAllEnvs()
})

async function takeIn(messages: GeneratedMessage[]): Promise<void> {
  await shop.log.append(TOPIC, messages)
  await landTopic()
  await loadVault({
    beforeFinish: async (loads) => {
      const found = await findLookups({ loads }, nextContext())
      await getRandomCity({ found }, nextContext())
      await getWeather({ found }, nextContext())
      await getCurrencyRates({ found }, nextContext())
    },
  })
  await loadMarts()
}

it('has in every table what was recorded, loaded in three batches and built anew', async () => {
  const messages = messagesOfDays()
  const random = createRandom('which batch')
  const batchOf = messages.map((_, nth) => {
    const straight = Math.floor((3 * nth) / messages.length)
    return random.chance(0.1) ? 2 : straight
  })
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 3 }])
  for (const batch of [0, 1, 2]) await takeIn(messages.filter((_, nth) => batchOf[nth] === batch))
  expect(await checksums()).toEqual(RECORDED)

  await loadMarts({ rebuild: 'all' })
  expect(await checksums()).toEqual(RECORDED)
})

async function checksums(): Promise<Record<string, TableSum>> {
  const sums: Record<string, TableSum> = {}
  for (const [table, { columns }] of Object.entries(RECORDED)) {
    const [row] = await store.rows<{ rows: string; sum: string }>(
      `select toString(count()) as rows, toString(sum(cityHash64(toString(tuple(${columns}))))) as sum
       from ${table} where source = 'terrace'`,
    )
    sums[table] = { columns, ...row! }
  }
  return sums
}
