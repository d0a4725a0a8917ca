import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MartsStore, openMartsStore } from '../shop/marts-store.ts'
import type { TestWarehouse } from '../shop/warehouse.ts'
import { freshDatabase } from '../support/database.ts'
import { terraceIn } from './terrace.ts'

let store: MartsStore
let shop: TestWarehouse
let terrace: ReturnType<typeof terraceIn>

beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  terrace = terraceIn({ env: { DATABASE_URL: shop.url, CLICKHOUSE_URL: store.url } })
})
afterAll(async () => {
  await shop.close()
  await store.close()
})

test.each([
  ['raw', 'quarantine', 'reason', 'text'],
  ['dds', 'nl_event', 'event_hk', 'uuid'],
  ['dds', 'accounting', 'difference', 'bigint'],
  ['marts', 'fct_event', 'source', 'LowCardinality(String)'],
])('the comments of layer %s are told: %s', async (layer, table, column, type) => {
  const tables = JSON.parse((await terrace('sql', layer, '--tables', '-o', 'json')).stdout)
  const found = tables.find(({ name }: { name: string }) => name === table)
  expect(found.comment).not.toBe('')
  const described = await terrace('sql', layer, '--describe', table, '-o', 'json')
  const columns = JSON.parse(described.stdout)
  const one = columns.find(({ name }: { name: string }) => name === column)
  expect(one).toEqual({ name: column, type, comment: expect.stringMatching(/./) })
})

test.each([
  [['dds', '--describe', 'nl_evnet'], 2, 'Did you mean "nl_event"'],
  [['marts', '--describe', "x' or '1"], 2, 'has no table'],
  [['dds'], 2, 'Write one statement, or --tables, or --describe <table>.'],
  [['dds', 'select 1', '--tables'], 2, 'Write one statement'],
  [
    ['dds', "select pg_read_file('/etc/hostname')"],
    2,
    'permission denied for function pg_read_file',
  ],
  [
    ['raw', "select set_config('role', 'none', true), pg_read_file('/etc/hostname')"],
    2,
    'permission denied for function pg_read_file',
  ],
  [
    [
      'dds',
      `select set_config('role', 'none', true), query_to_xml('select pg_read_file(''/etc/hostname'')', true, false, '')`,
    ],
    2,
    'permission denied for function pg_read_file',
  ],
  [['raw', 'delete from quarantine'], 2, 'only reads'],
])('a wrong call says what is allowed: %j', async (args, code, part) => {
  const ran = await terrace('sql', ...args)
  expect(ran).toMatchObject({ code, stderr: expect.stringContaining(part) })
})

test('dds is read by an account of its own', async () => {
  const query = 'select count(*) as partitions, current_user as who from accounting'
  const { stdout } = await terrace('sql', 'dds', query, '-o', 'json')
  expect(JSON.parse(stdout)).toEqual([
    { partitions: '0', who: expect.stringMatching(/^terrace_reader_/) },
  ])
})

test('the marts are read as text that loses no digit, in every format', async () => {
  const query = `select
    toDecimal128('12345678901234567.1234', 4) as money, toDecimal64('0.1', 4) as small,
    toUInt64('18446744073709551615') as big, [toDecimal128('98765432109876543.2100', 4)] as list,
    toInt256('-123456789012345678901234567890') as huge`
  const { stdout } = await terrace('sql', 'marts', query, '-o', 'json')
  expect(JSON.parse(stdout)).toEqual([
    {
      money: '12345678901234567.1234',
      small: '0.1000',
      big: '18446744073709551615',
      list: ['98765432109876543.2100'],
      huge: '-123456789012345678901234567890',
    },
  ])
  const table = (await terrace('sql', 'marts', query)).stdout
  for (const text of ['12345678901234567.1234', '0.1000', '98765432109876543.2100']) {
    expect(table).toContain(text)
  }
})

test('a database without the layer names the command that makes it', async () => {
  const empty = await freshDatabase()
  const ran = await terraceIn({ env: { DATABASE_URL: empty.url } })('sql', 'dds', '--tables')
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('terrace db migrate') })
  await empty.drop()
})
