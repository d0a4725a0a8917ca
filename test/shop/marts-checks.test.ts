// Checks of the marts: what offends is named, and never published.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlFile } from '../../connections/sql-file.ts'
import { createRandom } from '../../generators/index.ts'
import { FailTask } from '../../orchestrator/sdk/index.ts'
import {
  buildMart,
  checkMarts,
  freezeBatch,
  type MartBatch,
  transferTable,
} from '../../tasks/marts/index.ts'
import { assertSound } from '../../tasks/marts/staging-checks.ts'
import { FACTS, MARTS, type Mart, TARGETS, type Target } from '../../tasks/marts/targets.ts'
import type { Transferred } from '../../tasks/marts/transfer-table.ts'
import { checksum } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { oddShop } from './shop-messages.ts'
import { landTopic, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'user_events'
const DAYS = ['2026-01-01', '2026-01-02', '2026-01-03']
const MESSAGES = oddShop(createRandom('to be checked'), '2026-01-01', 2)

let store: MartsStore
let shop: TestWarehouse
let batch: MartBatch
const loaded: Transferred[] = []

beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 1 }])
  await shop.log.append(TOPIC, MESSAGES)
  await landTopic()
  await loadVault()
  batch = await freezeBatch({}, nextContext())
  for (const target of FACTS) loaded.push(await transferTable({ target, batch }, nextContext()))
  for (const target of Object.keys(MARTS) as Mart[]) {
    await buildMart({ target, batch }, nextContext())
  }
})
afterAll(async () => {
  await shop.close()
  await store.close()
})

const run = (query: string) => store.client.command({ query })
const changed = (table: string, change: string) =>
  run(`alter table ${table} update ${change} where true settings mutations_sync = 2`)

/** Runs `work` with a copy of the table that it may spoil. */
async function withCopy(table: Target, work: (copy: string) => Promise<void>): Promise<void> {
  const copy = `copy_of_${table}`
  await run(`create table ${copy} as ${table}`)
  await run(`insert into ${copy} select * from ${table}`)
  await work(copy).finally(() => run(`drop table ${copy} sync`))
}

const checkOf = (target: Target, table: string) =>
  assertSound(store.client, {
    target,
    table,
    source: 'terrace',
    days: DAYS,
    signal: AbortSignal.timeout(60_000),
  })

describe('The check of a table', () => {
  it.each(TARGETS)('passes %s, and refuses it when its rows stand twice', async (target) => {
    await withCopy(target, async (copy) => {
      await expect(checkOf(target, copy)).resolves.toBeUndefined()
      await run(`insert into ${copy} select * from ${target}`)
      await expect(checkOf(target, copy)).rejects.toThrow(`sql/marts/${target}/check.sql: `)
    })
  })

  it.each<[Target, string]>([
    ['fct_event', 'cost_reporting = -1'],
    ['fct_session', 'duration_seconds = -1'],
    ['fct_order_line', 'is_revenue = not is_revenue'],
    ['daily_business_summary', 'closed = orders + 1'],
    ['product_performance', 'viewers = views + 1'],
    ['category_performance', 'revenue_share = 0.7'],
    ['user_engagement', 'views = events + 1'],
    ['active_users_7d', 'new_users = new_users + 1'],
    ['session_analytics', 'bounces = sessions + 1'],
    ['campaign_performance', 'click_rate = null'],
    ['geo_analysis', 'revenue_rank = 1'],
    ['device_analysis', 'revenue = -1'],
    ['weather_impact', 'mean_temperature_c = 200'],
    ['daily_sales_report', 'orders = 0'],
    ['daily_product_quantity', 'sales = -1'],
  ])('refuses %s with %s', async (target, change) => {
    await withCopy(target, async (copy) => {
      await changed(copy, change)
      await expect(checkOf(target, copy)).rejects.toThrow(FailTask)
    })
  })

  it('keeps what it refuses from being published, and names the rows', async () => {
    const before = await checksum(store)
    await withCopy('fct_session', async (copy) => {
      await changed('fct_session', 'duration_seconds = -1')
      const rebuild = { marts: ['user_engagement'] }
      const asked = await freezeBatch({}, nextContext({ conf: { rebuild } }))
      const failure: unknown = await buildMart(
        { target: 'user_engagement', batch: asked },
        nextContext(),
      ).catch((error: unknown) => error)
      expect(String(failure)).toMatch(
        /user_engagement\/check\.sql: \d+ offending rows\. Nothing of marts\.user_engagement was published/,
      )
      expect(String(failure)).toContain('{"source":"terrace","day":"2026-01-0')
      await run('truncate table fct_session')
      await run(`insert into fct_session select * from ${copy}`)
    })
    expect(await checksum(store)).toEqual(before)
  })

  it('keeps a fact with costs below nothing from being published', async () => {
    const before = await checksum(store)
    const { rows } = await shop.pool.query(
      `update dds.nl_event set cost = -1 where event_type = 'campaign_event' returning event_hk`,
    )
    expect(rows).not.toEqual([])
    const rebuild = { marts: ['fct_event'] }
    const asked = await freezeBatch({}, nextContext({ conf: { rebuild } }))
    await expect(
      transferTable({ target: 'fct_event', batch: asked }, nextContext()),
    ).rejects.toThrow(`fct_event/check.sql: ${rows.length} offending rows`)
    expect(await checksum(store)).toEqual(before)
  })
})

describe('The checks of a whole batch', () => {
  it('pass when all tables are loaded', async () => {
    const { passed } = await checkMarts({ batch, loaded }, nextContext())
    expect(passed).toHaveLength(3 + Object.keys(MARTS).length)
  })

  it.each(TARGETS)('name %s when a day of it is gone', async (target) => {
    await withCopy(target, async (copy) => {
      await run(`delete from ${target} where day = '2026-01-02'`)
      const name = ACROSS[target] ?? target
      await expect(checkMarts({ batch, loaded }, nextContext())).rejects.toThrow(name)
      await run(`truncate table ${target}`)
      await run(`insert into ${target} select * from ${copy}`)
    })
  })

  it.each(Object.keys(MARTS) as Mart[])('compare every figure of %s that adds up', async (mart) => {
    const numbers = await store.rows<{ name: string }>(
      `select name from system.columns
       where database = 'marts' and table = '${mart}' and match(type, 'Int|Decimal|Float|Bool')`,
    )
    const additive = numbers
      .map(({ name }) => name)
      .filter((name) => !(NOT_ADDITIVE[mart] ?? []).includes(name))
      .sort()
    expect(await differing(mart)).toEqual([])
    await withCopy(mart, async (copy) => {
      const one = additive.map((name) => `${name} = ifNull(${name}, 0) + 1`)
      await changed(mart, one.join(', '))
      expect(await differing(mart)).toEqual(additive)
      await run(`truncate table ${mart}`)
      await run(`insert into ${mart} select * from ${copy}`)
    })
  })

  it.each<[string, Target, string, string]>([
    ['sessions_equal_events', 'fct_session', 'delete where events > 3', 'sessions: 0'],
    [
      'sessions_equal_events',
      'fct_session',
      'update events = events + 1 where true',
      'sessions: 1',
    ],
    ['sessions_equal_events', 'fct_event', `delete where event_type = 'view'`, 'sessions: 1'],
    ['orders_of_events', 'fct_order_line', `delete where status = 'CLOSED'`, 'days: 0'],
  ])('%s notices %s after %s', async (check, table, change, found) => {
    expect(await offending(check)).toEqual([])
    await withCopy(table, async (copy) => {
      await run(`alter table ${table} ${change} settings mutations_sync = 2`)
      const rows = await offending(check)
      await run(`truncate table ${table}`)
      await run(`insert into ${table} select * from ${copy}`)
      const [what, number] = found.split(': ')
      expect(new Set(rows.map((row) => Number(row[what!])))).toEqual(new Set([Number(number)]))
    })
  })

  it.each<[string, Target]>([
    ['sessions_equal_events', 'fct_session'],
    ['orders_of_events', 'fct_order_line'],
  ])('%s notices rows of %s that stand on two days', async (check, table) => {
    await withCopy(table, async (copy) => {
      await run(`insert into ${table} select * replace (day + 1 as day) from ${copy}`)
      expect(await offending(check)).not.toEqual([])
      await run(`truncate table ${table}`)
      await run(`insert into ${table} select * from ${copy}`)
    })
  })

  async function offending(check: string): Promise<Record<string, unknown>[]> {
    const result = await store.client.query({
      query: await sqlFile(`marts/across/${check}.sql`),
      query_params: { source: 'terrace', days: DAYS },
      format: 'JSONEachRow',
    })
    return result.json<Record<string, unknown>>()
  }

  async function differing(mart: Mart): Promise<string[]> {
    const result = await store.client.query({
      query: await sqlFile(`marts/${mart}/totals.sql`),
      query_params: { source: 'terrace', days: ['2026-01-02'] },
      format: 'JSONEachRow',
    })
    return (await result.json<{ measure: string }>()).map(({ measure }) => measure)
  }
})

/** Facts that the check of a batch notices by another name than theirs. */
const ACROSS: Partial<Record<Target, string>> = {
  fct_session: 'sessions_equal_events.sql',
  fct_order_line: 'orders_of_events.sql',
}

/** Ratios, ranks, what is distinct within a row, what needs other days. */
const NOT_ADDITIVE: Record<Mart, string[]> = {
  daily_business_summary: ['average_order_value', 'conversion'],
  product_performance: ['viewers', 'orders'],
  category_performance: ['viewers', 'orders', 'revenue_share'],
  user_engagement: [],
  active_users_7d: ['active_users_7d', 'new_users', 'returning_users', 'stickiness'],
  session_analytics: [
    'mean_duration_seconds',
    'median_duration_seconds',
    'p95_duration_seconds',
    'events_per_session',
  ],
  campaign_performance: ['click_rate', 'cost_per_click', 'return_on_spend'],
  geo_analysis: ['users', 'revenue_rank', 'needs_attention'],
  device_analysis: ['users', 'conversion'],
  weather_impact: ['mean_temperature_c'],
}
