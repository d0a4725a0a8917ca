// What files held is found again in every layer, by plain sums on both ends.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFormat } from '../../tasks/produce/reading/find-format.ts'
import { compareTotals } from '../../tasks/totals/compare-totals.ts'
import { readTotals } from '../../tasks/totals/read-totals.ts'
import { type Terrace, terraceHere } from '../cli/terrace.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { landTopic, loadMarts, loadVault, type TestWarehouse } from './warehouse.ts'

let folder: string
let store: MartsStore
let shop: TestWarehouse
let terrace: Terrace

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-totals-'))
  store = await openMartsStore()
  shop = await store.freshShop()
  const env = { DATABASE_URL: shop.url, CLICKHOUSE_URL: store.url, TERRACE_HOME: folder }
  terrace = terraceHere({ cwd: resolve(import.meta.dirname, '../..'), env })
})
afterAll(async () => {
  await shop.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function write(name: string, count: number, seed: string, more = ''): Promise<string> {
  const format = await findFormat('terrace-events')
  const path = join(folder, name)
  writeFileSync(path, [...format!.sample!(count, seed)].join('') + more)
  return path
}

async function status(source = 'terrace') {
  const totals = await readTotals(shop.pool, store.client, source)
  const differences = compareTotals(totals)
  return { one: totals.sources[0]!, differences }
}

const between = (differences: { between: string; what: string; cause: string }[]) =>
  differences.map((one) => `${one.between} ${one.what}: ${one.cause}`)

test('the totals of files are those of every layer, and a difference is named with its cause', async () => {
  const files = [
    await write('a.ndjson', 1_500, 'a'),
    await write('b.ndjson', 300, 'b', '{"bad":1}\n'),
  ]
  const sent = await terrace('produce', 'terrace-events', ...files, files[0]!, '-o', 'json')
  expect(sent.code).toBe(1)
  const notLanded = await status()
  expect(between(notLanded.differences)).toEqual([
    expect.stringMatching(/^produced → raw messages: Not all of the topic is landed yet/),
  ])

  await landTopic()
  const { differences } = await status()
  expect(between(differences)).toEqual([
    expect.stringMatching(/^raw → dds messages: 3301 messages are landed and not loaded yet/),
  ])

  await loadVault()
  const loaded = await status()
  expect(loaded.differences.length).toBeGreaterThan(0)
  for (const line of between(loaded.differences)) {
    expect(line).toMatch(/^dds → marts .*: 1 loads are not in the marts yet/)
  }

  await loadMarts()
  const { one, differences: none } = await status()
  expect(none).toEqual([])
  expect(one.produced).toMatchObject({
    messages: '3301',
    counted: '1800',
    repeated: '1500',
    bad: '1',
  })
  expect(one.raw).toMatchObject({ messages: '3301', from_files: '3301' })
  expect(one.events).toMatchObject({ messages: '1800', duplicates: '1500', quarantined: '1' })
  const { orders, units, money } = one.produced!
  expect(one.orders).toMatchObject({ orders, units, money })
  // Of some orders only a status is in the files.
  expect(one.marts).toMatchObject({ orders: one.orders!.known, units, lines: one.orders!.lines })
  expect(Number(orders)).toBeGreaterThan(10)

  const shown = await terrace('sources', 'status', 'terrace')
  expect(shown).toMatchObject({ code: 0, stderr: '' })
  expect(shown.stdout).toMatch(/terrace \| produced \| 3301 .*1800 counted, 1500 repeated, 1 bad/)
  expect(shown.stdout).toMatch(/terrace \| marts +\| /)
  const list = await terrace('sources', 'list', '-o', 'json')
  expect(JSON.parse(list.stdout)).toContainEqual(
    expect.objectContaining({ source: 'ehandel', time_zone: 'Europe/Stockholm', currency: 'SEK' }),
  )
  expect(await terrace('sources', 'status', 'ehandl')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "ehandel"?'),
  })

  await shop.pool.query(`update raw.produced_file set units = units + 1 where file_id = 1`)
  await store.client.command({
    query: `alter table marts.fct_order_line delete where order_id = (select min(order_id) from marts.fct_order_line) settings mutations_sync = 1`,
  })
  const differing = await terrace('sources', 'status', 'terrace', '-o', 'json')
  expect(differing.code).toBe(1)
  const found = JSON.parse(differing.stdout).differences as {
    between: string
    what: string
    cause: string
  }[]
  expect(between(found)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^produced → dds units: An order was sent in several versions/),
      expect.stringMatching(/^dds → marts orders: The facts do not show what dds holds/),
    ]),
  )
})

test('a file of whole orders counts once, however often it is sent, and equals plain sums', async () => {
  const format = await findFormat('ehandel-orders')
  const orders = [...format!.sample!(120, 'whole')]
  const path = join(folder, 'orders.txt')
  // The shop delivers orders again, and one of them with other bytes.
  const edited = orders[7]!.replace('"customer_id": ', '"customer_id": 1')
  writeFileSync(path, [...orders, ...orders.slice(0, 30), edited].join(''))
  for (const code of [0, 0]) {
    expect((await terrace('produce', 'ehandel-orders', path)).code).toBe(code)
  }
  await landTopic(50_000, 'order-service_orders')
  await loadVault({ topic: 'order-service_orders' })
  await loadMarts()

  const lines = orders.flatMap(
    (text) => JSON.parse(text).order_details as { quantity: number; price: number }[],
  )
  const units = String(lines.reduce((sum, { quantity }) => sum + quantity, 0))
  const SEK = String(lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0))
  const { one, differences } = await status('ehandel')
  expect(differences).toEqual([])
  expect(one.produced).toMatchObject({
    messages: '302',
    counted: '120',
    repeated: '180',
    conflicts: '2',
  })
  expect(one.events).toMatchObject({ messages: '120', duplicates: '180', quarantined: '2' })
  expect(one.produced).toMatchObject({ orders: '120', units, money: { SEK } })
  expect(one.orders).toMatchObject({ orders: '120', units, money: { SEK } })
  expect(one.marts).toEqual({ orders: '120', units, lines: { SEK } })
})
