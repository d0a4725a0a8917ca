// Days that are far from all others, and many of them: valid and absurd. They cost what they are worth,
// and the marts go on.

import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useConnections } from '../../connections/index.ts'
import { openPostgres } from '../../connections/postgres.ts'
import { createRandom, type GeneratedMessage } from '../../generators/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
} from '../../tasks/enrich/index.ts'
import { checksum, readMart } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const DAY = 86_400_000

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

/** raw_to_dds with its look-ups. */
async function takeIn(messages: GeneratedMessage[]): Promise<void> {
  await shop.log.append('user_events', messages)
  await landTopic()
  await loadVault({
    async beforeFinish(loads) {
      const found = await findLookups({ loads }, nextContext())
      for (const task of [getRandomCity, getWeather, getCurrencyRates]) {
        await task({ found }, nextContext())
      }
    },
  })
}

async function days(query: string): Promise<string[]> {
  return (await shop.pool.query<{ day: string }>(query)).rows.map(({ day }) => day)
}

const viewed = (id: string, at: string | number) =>
  message(id, 'view', at, {
    session_id: `session of ${id}`,
    user_id: 'user-1',
    product: { product_id: 'p1', name: 'Pen', category: 'office', price: 2, currency: 'TRY' },
    quantity: 1,
    platform: 'desktop',
    weather: null,
  })

const ordered = (id: string, at: string) => [
  message(`${id} itself`, 'order', at, {
    order_id: id,
    session_id: `session of ${id}`,
    user_id: 'user-1',
    campaign_id: null,
    currency: 'TRY',
    cost: 25,
  }),
  message(`line of ${id}`, 'order_item', at, {
    order_id: id,
    line_no: 1,
    product_id: 'p1',
    quantity: 2,
    unit_price: 12.5,
  }),
  message(`end of ${id}`, 'order_status', at, { order_id: id, status: 'CLOSED', at }),
]

it('An order decades before all others opens its own day, and waits for a rate of then', async () => {
  await takeIn(oddShop(createRandom('far'), '2026-01-01', 2))
  await loadMarts()
  await takeIn(ordered('old', '2000-01-01T08:00:00Z'))
  await loadMarts()
  expect(
    await days(
      `select distinct day from dds.mart_batch_day
       where batch_id = (select max(batch_id) from dds.mart_batch) order by 1`,
    ),
  ).toEqual(['2000-01-01'])
  // The rates of a later year are none.
  const [summary] = await readMart(store, 'daily_business_summary')
  expect(summary).toMatchObject({ day: '2000-01-01', revenue: null, pending_lines: 1, closed: 1 })
  const { rows } = await shop.pool.query(
    `select quote from dds.ref_fx_rate where rate_date < '2024-01-01'`,
  )
  expect(rows).toEqual([{ quote: 'USD' }])
  const before = await checksum(store)
  await loadMarts({ rebuild: 'all' })
  expect(await checksum(store)).toEqual(before)
})

it('A session of two days a quarter of a century apart opens these two', async () => {
  await takeIn([viewed('now', '2026-01-01T10:00:00Z')])
  await loadMarts()
  const { payload } = JSON.parse(viewed('now', 0).value!.toString())
  await takeIn([message('then', 'view', '2001-01-01T10:00:00Z', payload)])
  await loadMarts()
  expect(
    await days(
      `select distinct day from dds.mart_batch_day
       where batch_id = (select max(batch_id) from dds.mart_batch) order by 1`,
    ),
  ).toEqual(['2001-01-01', '2026-01-01'])
  const sessions = await store.rows('select day, toString(events) as events from fct_session')
  expect(sessions).toEqual([{ day: '2001-01-01', events: '2' }])
})

it('Only days that have rows are opened, in the zone of the source', async () => {
  await shop.pool.query(`update dds.ref_source set time_zone = 'Europe/Istanbul'`)
  await takeIn([viewed('evening', '2026-01-01T23:30:00Z'), viewed('noon', '2010-06-01T12:00:00Z')])
  const within = `select distinct day from dds.days_with_rows`
  expect(await days(`${within}(null, null) order by 1`)).toEqual([
    ...['2010-06-01', '2010-06-02', '2026-01-01', '2026-01-02'],
  ])
  expect(await days(`${within}('2010-06-02', '2026-01-02') order by 1`)).toEqual([
    ...['2010-06-02', '2026-01-01'],
  ])
  expect(await days(`${within}('2011-01-01', '2025-01-01')`)).toEqual([])
})

describe('Days by the hundred in one batch', () => {
  const FEW = 101
  // The long variant is what a shop's whole past holds.
  const MANY = process.env.TERRACE_LONG ? 9_000 : 140

  const spread = (count: number, name: string) =>
    Array.from({ length: count }, (_, n) =>
      viewed(`${name} ${n}`, Date.parse('2000-01-01T10:00:00Z') + n * DAY),
    )

  it('grow no statement, of either store', async () => {
    const { longest, close } = watchStatements()
    try {
      await takeIn(spread(FEW, 'few'))
      await loadMarts({ copiedRows: 0 })
      const few = longest()
      await takeIn(spread(MANY, 'many'))
      await loadMarts({ copiedRows: 0 })
      const many = longest()
      expect(few.size).toBeGreaterThan(50)
      const grown = [...many].filter(([what, length]) => length > (few.get(what) ?? length) + 20)
      expect(grown).toEqual([])
      expect(await readMart(store, 'daily_business_summary')).toHaveLength(MANY)
    } finally {
      await close()
    }
  }, 1_200_000)
})

/** Since it was asked last: how each statement begins, and the longest of that kind with its parameters. */
function watchStatements() {
  let longest = new Map<string, number>()
  const note = (text: unknown, parameters?: unknown) => {
    if (typeof text !== 'string') return
    // Numbers are those of staging tables.
    const what = text.trim().slice(0, 80).replace(/\d+/g, '#')
    const length = text.length + JSON.stringify(parameters ?? '').length
    longest.set(what, Math.max(longest.get(what) ?? 0, length))
  }
  const clickhouse = new Proxy(store.client, {
    get(client, name) {
      const method = Reflect.get(client, name)
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        const [{ query, query_params, table } = {}] = args as [Record<string, unknown>?]
        note(query ?? table, query_params)
        return method.apply(client, args)
      }
    },
  }) as ClickHouseClient
  const warehouse = openPostgres(shop.url, { max: 12 })
  warehouse.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    const watched = (...args: unknown[]) => {
      note(args[0])
      return query(...args)
    }
    Object.assign(client, { query: watched })
  })
  useConnections({ ...shop.connections, warehouse, clickhouse })
  return {
    longest() {
      const found = longest
      longest = new Map()
      return found
    },
    close: () => warehouse.end(),
  }
}
