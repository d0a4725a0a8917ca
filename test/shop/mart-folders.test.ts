// A mart is one folder: a new one is built, and a new column of one is filled, without an edit elsewhere.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../generators/index.ts'
import { FailTask } from '../../orchestrator/sdk/index.ts'
import { assertColumns, insertedColumns } from '../../tasks/marts/columns.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { copyProject, type ProjectCopy } from './project-copy.ts'
import { oddShop } from './shop-messages.ts'
import { landTopic, loadVault, type TestWarehouse } from './warehouse.ts'

const MADE_UP = {
  'sql/marts/ddl/9001_carts_by_platform.sql': `create table marts.carts_by_platform (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  platform String comment 'Platform, or unknown',
  carts UInt64 comment 'Products put into the cart',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, platform)
comment 'Carts by platform, day by day';
`,
  // The columns are in another order than the table's.
  'sql/marts/carts_by_platform/load.sql': `-- title: Carts by platform, day by day
-- kind: mart
-- grain: source, day, platform
-- reads: marts.fct_event
-- source: all
select
  count() as carts,
  now64(3, 'UTC') as computed_at,
  ifNull(platform, 'unknown') as platform,
  day,
  source
from marts.fct_event
where source = {source:String}
  and day in {days:Array(Date)}
  and event_type = 'cart'
group by source, day, platform
`,
  'sql/marts/carts_by_platform/check.sql': `select source, day, platform
from {staging:Identifier}
where source = {source:String} and day in {days:Array(Date)}
group by source, day, platform
having count() > 1
`,
}

const [LOAD, TOTALS] = ['load', 'totals'].map((file) => `sql/marts/product_performance/${file}.sql`)
const added = (path: string, before: string, line: string) =>
  readFileSync(path, 'utf8').replaceAll(new RegExp(`^ *${before}`, 'gm'), `${line}\n$&`)

/** All files that a new column that adds up changes. */
const NEW_COLUMN = {
  'sql/marts/ddl/9002_closed_lines.sql': `alter table marts.product_performance
  add column closed_lines UInt64 comment 'Lines of closed orders'`,
  [LOAD!]: added(LOAD!, 'pending_lines,', '  revenue_lines as closed_lines,'),
  [TOTALS!]: readFileSync(TOTALS!, 'utf8')
    .replace(
      `      ('units', toDecimal128(sumIf`,
      `      ('closed', toDecimal128(countIf(is_revenue), 6)),\n$&`,
    )
    .replace(
      `      ('units', toDecimal128(sum(`,
      `      ('closed', toDecimal128(sum(closed_lines), 6)),\n$&`,
    ),
}

let store: MartsStore
let shop: TestWarehouse
let project: ProjectCopy
let before: Record<string, string[]>

beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  await shop.log.append('user_events', oddShop(createRandom('a new mart'), '2026-01-01', 2))
  await landTopic()
  await loadVault()
  project = copyProject({ ...MADE_UP, ...NEW_COLUMN })
  const script = 'test/shop/made-up-mart-in-child.ts'
  before = JSON.parse((await project.run(script, shop.url, store.url)).trim().split('\n').at(-1)!)
})
afterAll(async () => {
  project?.remove()
  await shop.close()
  await store.close()
})

const numberOf = async (query: string) =>
  Number((await store.rows<{ n: string }>(`select toString(${query}) as n`))[0]!.n)

describe('A folder with a load and a check, and a table for it', () => {
  it('is a task of the DAG, after those of the tables that it reads', () => {
    expect(before).toMatchObject({
      build_carts_by_platform: ['freeze_batch', 'transfer_fct_event'],
    })
    expect(before.check_marts).toContain('build_carts_by_platform')
    expect(before.build_active_users_7d).toEqual([
      'freeze_batch',
      'transfer_fct_event',
      'build_user_engagement',
    ])
  })

  it('is filled, each column by its name', async () => {
    const carts = await numberOf(`(select count() from fct_event where event_type = 'cart')`)
    expect(carts).toBeGreaterThan(0)
    expect(await numberOf('(select sum(carts) from carts_by_platform)')).toBe(carts)
  })
})

it('A new column that adds up takes a file of ddl, the load and the totals', async () => {
  expect(Object.keys(NEW_COLUMN)).toHaveLength(3)
  const lines = await numberOf(
    '(select countIf(is_revenue) from fct_order_line where product_id is not null)',
  )
  expect(lines).toBeGreaterThan(0)
  expect(await numberOf('(select sum(closed_lines) from product_performance)')).toBe(lines)
})

describe('Columns that a load and its table do not share', () => {
  const wrong = `select source, day, '' as plattform, carts
    from carts_by_platform
    where source = {source:String} and day in {days:Array(Date)}`

  it('fail a mart with what is missing and what is unknown', async () => {
    const failure = insertedColumns(store.client, 'carts_by_platform', wrong)
    await expect(failure).rejects.toThrow(FailTask)
    await expect(insertedColumns(store.client, 'carts_by_platform', wrong)).rejects.toThrow(
      'sql/marts/carts_by_platform/load.sql: the statement answers no platform, computed_at, and ' +
        'answers plattform, of which marts.carts_by_platform has no column. The table has source, day,',
    )
  })

  it('fail a fact in the same way', async () => {
    await expect(assertColumns(store.client, 'fct_session', ['source', 'day'])).rejects.toThrow(
      'sql/marts/fct_session/load.sql: the statement answers no started_at,',
    )
  })

  it('may be left out when the table has a default for them', async () => {
    await store.client.command({
      query: `alter table carts_by_platform modify column computed_at default now64(3, 'UTC')`,
    })
    const load = wrong.replace('plattform', 'platform')
    expect(await insertedColumns(store.client, 'carts_by_platform', load)).toBe(
      'source, day, platform, carts',
    )
  })
})
