// The marts with what the look-ups of raw_to_dds answer, against plain loops that ask the same offline
// providers: rows, days that they reopen, and amounts by the look-ups' own SQL.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRandom } from '../../generators/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
} from '../../tasks/enrich/index.ts'
import { ANSWERS, offlineAnswers } from './answers.ts'
import { readMarts } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { plainMarts } from './plain-marts.ts'
import { readShop } from './plain-shop.ts'
import { oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const MESSAGES = oddShop(createRandom('looked up'), '2026-01-01', 3)
const PLACES = ['41.0,29.0', '59.3,18.1', '48.9,2.4', '0.0,0.0']
const OFFLINE = offlineAnswers(PLACES, '2025-12-31', 7)
const NO_ANSWERS = { ...ANSWERS, rates: [], cities: {}, weather: {} }
const HALF = Math.floor(MESSAGES.length / 2)

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
})
afterAll(async () => {
  await shop.close()
  await store.close()
})

async function takeIn(
  messages: typeof MESSAGES,
  options?: Parameters<typeof loadVault>[0],
): Promise<void> {
  await shop.log.append('user_events', messages)
  await landTopic()
  await loadVault(options)
}

async function lookUpAll(loads: { loadIds: string[] }): Promise<void> {
  const found = await findLookups({ loads }, nextContext())
  for (const task of [getRandomCity, getWeather, getCurrencyRates]) {
    expect((await task({ found }, nextContext())).pending).toBe(0)
  }
}

it('says what is looked up as soon as it is, for the loads before as well', async () => {
  const first = MESSAGES.slice(0, HALF)
  await takeIn(first)
  await loadMarts()
  expect(await readMarts(store)).toEqual(plainMarts(readShop(first, NO_ANSWERS)))

  await lookUpAll({ loadIds: [] })
  await loadMarts()
  expect(await readMarts(store)).toEqual(plainMarts(readShop(first, OFFLINE)))
})

it('has places, weather and converted amounts of what raw_to_dds looks up in its run', async () => {
  await takeIn(MESSAGES.slice(HALF), { beforeFinish: lookUpAll })
  await loadMarts()
  const marts = await readMarts(store)
  const expected = plainMarts(readShop(MESSAGES, OFFLINE))
  expect(marts.geo_analysis).toEqual(expected.geo_analysis)
  expect(marts.weather_impact).toEqual(expected.weather_impact)
  expect(marts).toEqual(expected)

  const lines = await store.rows<{ currency: string; worth: string }>(
    `select currency, toDecimalString(sum(amount_reporting), 4) as worth
     from fct_order_line where amount > 0 group by currency order by currency`,
  )
  expect(lines.map(({ currency }) => currency)).toEqual(['EUR', 'GBP', 'JPY', 'TRY', 'USD'])
  expect(lines.every(({ worth }) => Number(worth) > 0)).toBe(true)
  const cities = new Set(marts.geo_analysis!.map(({ city }) => city))
  expect([...cities].sort()).toEqual(['Istanbul', 'Paris', 'Stockholm', 'unknown'])
  const weathers = new Set(marts.weather_impact!.map(({ weather }) => weather))
  expect(weathers.size).toBeGreaterThan(4)
})
