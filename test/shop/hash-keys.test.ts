import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWarehouse, type TestWarehouse } from './warehouse.ts'

let shop: TestWarehouse
beforeAll(async () => {
  shop = await openTestWarehouse()
})
afterAll(() => shop.close())

async function hashKey(...parts: (string | null)[]): Promise<string | null> {
  const places = parts.map((_, n) => `$${n + 1}`).join(', ')
  const { rows } = await shop.pool.query(`select dds.hash_key(${places}) as key`, parts)
  return rows[0].key
}

const asUuid = (text: string) =>
  createHash('md5')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

it.each([
  [['terrace', 'user-346'], '7:terrace8:user-346'],
  [[' terrace ', 'user-346\t'], '7:terrace8:user-346'],
  [['a:b', 'c'], '3:a:b1:c'],
  [['a', 'b:c'], '1:a3:b:c'],
  [['terrace', 'A\u030asa'], '7:terrace3:\u00c5sa'],
  [['terrace', 's1', 'u1'], '7:terrace2:s12:u1'],
  [['terrace', 'o1', '1', 'p1'], '7:terrace2:o11:12:p1'],
])('The hash key of %j is the one that docs/data-vault.md gives', async (parts, text) => {
  const key = await hashKey(...parts)
  expect(key).toBe(asUuid(text))
  expect(readFileSync('docs/data-vault.md', 'utf8')).toContain(key)
})

it('A hash key keeps letter case and tells parts apart', async () => {
  expect(await hashKey('a', 'b')).not.toBe(await hashKey('a', 'B'))
  expect(await hashKey('ab', 'c')).not.toBe(await hashKey('a', 'bc'))
})

it('A hash key of nothing is nothing', async () => {
  expect(await hashKey('a', null)).toBeNull()
})

it.each([
  ['41.01', '28.98', '41.0,29.0'],
  ['-0.04', '0.049', '0.0,0.0'],
  ['-33.85', '151.25', '-33.9,151.3'],
  ['90', '-180', '90.0,-180.0'],
])('The place of %s, %s is %s', async (latitude, longitude, place) => {
  const { rows } = await shop.pool.query('select dds.place($1, $2) as place', [latitude, longitude])
  expect(rows[0].place).toBe(place)
})
