import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasWork, rebuildVault } from '../../tasks/dds/index.ts'
import { type Terrace, terraceHere } from '../cli/terrace.ts'
import { loadVault, nextContext, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const TOPIC = 'order-service_orders'

let folder: string
let shop: TestWarehouse
let terrace: Terrace

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-products-'))
  shop = await openTestWarehouse()
  const env = { DATABASE_URL: shop.url, TERRACE_HOME: folder }
  terrace = terraceHere({ cwd: resolve(import.meta.dirname, '../..'), env })
})
afterAll(async () => {
  await shop.close()
  rmSync(folder, { recursive: true, force: true })
})

async function produce(...lines: string[]): Promise<number> {
  const path = join(folder, 'products.txt')
  writeFileSync(path, lines.join('\n'))
  return (await terrace('produce', 'ehandel-products', path)).code
}

async function products(): Promise<unknown[][]> {
  const { rows } = await shop.pool.query(
    `select hub.product_id, names.name, names.category, trim_scale(prices.price)::text, prices.currency
     from dds.h_product as hub
     cross join lateral (
       select name, category from dds.s_product_names as said
       where said.product_hk = hub.product_hk order by applied_at desc limit 1
     ) as names
     cross join lateral (
       select price, currency from dds.s_product_price as said
       where said.product_hk = hub.product_hk order by applied_at desc limit 1
     ) as prices
     where hub.source = 'ehandel'
     order by hub.product_id`,
  )
  return rows.map((row) => Object.values(row))
}

const isWaiting = () =>
  hasWork({ lag: [{ topic: TOPIC, logId: 'none', count: 0, partitions: [] }] })

test('products of the list are known by their line, the newest version holds, and a rebuild keeps it', async () => {
  expect(await isWaiting()).toBe(false)
  expect(
    await produce(
      `('JavaBönor', 'Matvaror', 'Kilopris', '1428', '30512')`,
      `('Hä"ftapparat', 'Kontor', 'Styckpris', '99.50', '7')`,
      `('Mössa', 'Kläder', 'Styckpris', '5', '7')`,
    ),
  ).toBe(0)
  expect(await isWaiting()).toBe(true)
  await loadVault({ topic: TOPIC, times: 2 })
  expect(await isWaiting()).toBe(false)
  const first = [
    ['1', 'JavaBönor', 'Matvaror', '1428', 'SEK'],
    ['2', 'Hä"ftapparat', 'Kontor', '99.5', 'SEK'],
    ['3', 'Mössa', 'Kläder', '5', 'SEK'],
  ]
  expect(await products()).toEqual(first)

  // A bad line changes nothing, a line that is gone stays known, and the time of a version is exact.
  expect(await produce(`('RubySylt', 'Matvaror', 'Kilopris', '12', '3')`, 'no tuple')).toBe(1)
  await loadVault({ topic: TOPIC })
  const second = [['1', 'RubySylt', 'Matvaror', '12', 'SEK'], ...first.slice(1)]
  expect(await products()).toEqual(second)
  const { rows: before } = await shop.pool.query(
    'select * from dds.s_product_names order by 1, 2, 3',
  )

  await shop.pool.query('delete from dds.s_product_names')
  await rebuildVault({}, { ...nextContext(), conf: { rebuild: true } })
  expect(await products()).toEqual(second)
  const { rows: after } = await shop.pool.query(
    'select * from dds.s_product_names order by 1, 2, 3',
  )
  expect(after).toEqual(before)
  expect(await produce(`('RubySylt', 'Matvaror', 'Kilopris', '13', '3')`)).toBe(0)
  await loadVault({ topic: TOPIC })
  expect((await products())[0]).toEqual(['1', 'RubySylt', 'Matvaror', '13', 'SEK'])
})
