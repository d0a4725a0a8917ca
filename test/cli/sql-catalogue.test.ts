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
])('a wrong call says what is allowed: %j', async (args, code, part) => {
  const ran = await terrace('sql', ...args)
  expect(ran).toMatchObject({ code, stderr: expect.stringContaining(part) })
})

test('a database without the layer names the command that makes it', async () => {
  const empty = await freshDatabase()
  const ran = await terraceIn({ env: { DATABASE_URL: empty.url } })('sql', 'dds', '--tables')
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('terrace db migrate') })
  await empty.drop()
})
