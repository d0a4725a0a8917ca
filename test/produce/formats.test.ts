import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSource } from '../../tasks/messages/adapters.ts'
import { readProductTuple } from '../../tasks/produce/ehandel/product-tuple.ts'
import { ExactSum } from '../../tasks/produce/reading/exact-sum.ts'
import { findFormat, formatNames } from '../../tasks/produce/reading/find-format.ts'
import type { FileRecord, ReadOptions } from '../../tasks/produce/reading/format.ts'
import { readPythonTuple, TupleError } from '../../tasks/produce/reading/python-tuple.ts'
import { createPace } from '../../tasks/produce/sending/pace.ts'

const NOW = new Date('2026-03-01T00:00:00Z')

async function read(
  formatName: string,
  text: string,
  size = 65_536,
  given: Partial<ReadOptions> = {},
): Promise<FileRecord[]> {
  const bytes = Buffer.from(text)
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const format = await findFormat(formatName)
  const records: FileRecord[] = []
  for await (const record of format!.read(chunks(), { timestamp: null, now: NOW, ...given }))
    records.push(record)
  return records
}

const shown = ({ line, key, value, eventId, problem }: FileRecord) => ({
  ...{ line, key, value: value?.toString(), eventId, problem },
})

test('every file of the folder is a format, and its sample is good', async () => {
  expect(formatNames()).toEqual(['ehandel-orders', 'ehandel-products', 'json', 'terrace-events'])
  for (const name of formatNames()) {
    const format = await findFormat(name)
    if (!format?.sample) continue
    const sample = [...format.sample(25, 'a seed')].join('')
    const records = await read(name, sample, 1_000)
    expect(records.map(({ problem }) => problem)).toEqual(Array(25).fill(null))
    expect([...format.sample(25, 'a seed')].join('')).toBe(sample)
    expect([...format.sample(25, 'another')].join('')).not.toBe(sample)
  }
  expect(await findFormat('reading')).toBeNull()
  expect(await findFormat('../commands/index')).toBeNull()
})

describe('terrace-events', () => {
  const event = (id: string, type: string, payload: object) =>
    JSON.stringify({ event_id: id, type, source: 'terrace', payload })

  test('are lines, whatever stands in their strings', async () => {
    const first = event('e1', 'view', { user_id: 'u\u2028\u0085x', note: '"\\' })
    const second = event('e2', 'order_status', { order_id: 'o1' })
    const records = await read('terrace-events', `\ufeff${first}\r\n\r\n \n${second}`, 3)
    expect(records.map(shown)).toEqual([
      { line: 1, key: 'u\u2028\u0085x', value: first, eventId: 'e1', problem: null },
      { line: 4, key: 'o1', value: second, eventId: 'e2', problem: null },
    ])
  })

  test('have the units of lines, and the money of orders', async () => {
    const order = '{"event_id":"o","type":"order","payload":{"cost":1e2,"currency":"EUR"}}'
    const line = '{"event_id":"l","type":"order_item","payload":{"quantity":2.5,"unit_price":9}}'
    const records = await read('terrace-events', `${order}\n${line}`)
    expect(records.map(({ totals }) => totals)).toEqual([
      { orders: 1, units: '0', money: { currency: 'EUR', amount: '1e2' } },
      { orders: 0, units: '2.5', money: null },
    ])
  })

  test('that are bad say why, and are kept as they stand', async () => {
    const lines = ['{"a":1', '[]', '{"event_id":7}', '{"a":1,"a":2}', '{"__proto__":1}', '"x"']
    const records = await read('terrace-events', lines.join('\n'))
    expect(records.map(({ value }) => value?.toString())).toEqual(lines)
    expect(records.map(({ problem }) => problem?.split(':')[0])).toEqual([
      'not_json',
      'wrong_type',
      'missing_field',
      'duplicate_key',
      'forbidden_key',
      'wrong_type',
    ])
  })
})

describe('ehandel-orders', () => {
  test('are sent byte for byte, with the order as the key', async () => {
    const order = `{
      "order_id": 100446, "customer_id": 6757,
      "order_details": [
        {"product_id": 17, "price": 7.82e2, "quantity": 4}, {"product_id": 17, "price": 0.1, "quantity": 3},
        {"product_id": 9, "price": 5, "quantity": 0}
      ],
      "order_time": "02/27/2024-14:34:28"
    }`
    const [record] = await read('ehandel-orders', order, 11)
    expect(shown(record!)).toEqual({
      ...{ line: 1, key: '100446', value: order, eventId: '100446', problem: null },
    })
    expect(record!.totals).toEqual({
      ...{ orders: 1, units: '7', money: { currency: 'SEK', amount: '3128.3' } },
    })
  })

  test('without an order are bad and go on', async () => {
    const records = await read('ehandel-orders', '{"a":1}\n{"order_id":1e2}\n{"order_id":"7"}')
    expect(records.map(({ eventId, problem }) => eventId ?? problem)).toEqual([
      'missing_field: order_id is no whole number',
      'missing_field: order_id is no whole number',
      '7',
    ])
  })
})

test('json is read by the adapter of a source, which says what is bad', async () => {
  const source = findSource('terrace')!
  const envelope = { event_id: 'e', source: 'terrace', schema_version: 1 }
  const order = (cost: number) => ({
    ...{ ...envelope, type: 'order', occurred_at: '2026-02-01T00:00:00Z' },
    payload: { order_id: 'o1', user_id: 'u1', session_id: 's1', currency: 'EUR', cost },
  })
  const text = [order(9.5), order(-1)].map((one) => JSON.stringify(one, null, 1)).join('\n')
  const [good, bad] = await read('json', text, 65_536, { source })
  expect(good).toMatchObject({ key: 'o1', eventId: 'e', problem: null })
  expect(good!.totals).toEqual({
    ...{ orders: 1, units: '0', money: { currency: 'EUR', amount: '9.5' } },
  })
  expect(bad!.problem).toMatch(/^negative_price: /)
})

describe('ehandel-products', () => {
  test('have the number of their line', async () => {
    const text = `('JavaBönor', 'Matvaror', 'Kilopris', '1428', '30512')\r\n\n("O'Reilly", 'Böcker', 'Styckpris', 99.50, 7)`
    const records = await read('ehandel-products', text)
    expect(records.map(({ line, eventId, problem }) => [line, eventId, problem])).toEqual([
      [1, '1', null],
      [3, '3', null],
    ])
    expect(readProductTuple(records[1]!.value!.toString())).toEqual({
      ...{ name: "O'Reilly", type: 'Böcker', priceKind: 'Styckpris' },
      ...{ price: '99.50', openingStock: '7' },
    })
  })

  test.each([
    [`('a', 'b', 'c', '1')`, 'it has 4 items'],
    [`('a', 'b', 'c', '-1', '2')`, 'the price "-1" is no amount'],
    [`('a', 'b', 'c', '1', 'many')`, 'the opening stock "many" is no number'],
    [`(' ', 'b', 'c', '1', '2')`, 'the name must be 1 to'],
    [`('a\\ud800', 'b', 'c', '1', '2')`, 'the name must be 1 to'],
    ['name;type', 'at character 1: found "name;type", expected "("'],
  ])('%s says what is wrong', (text, message) => {
    expect(() => readProductTuple(text)).toThrow(message)
  })
})

describe('A Python tuple', () => {
  test.each([
    [`('it\\'s', "a \\"b\\"")`, [`it's`, `a "b"`]],
    [`('\\xe5\\u00e4\\U0001F9E6\\101\\n\\q',)`, ['åä🧦A\n\\q']],
    [`(r'C:\\new', u'ü', '''a'b''', 'one' "two")`, ['C:\\new', 'ü', `a'b`, 'onetwo']],
    ['( 1_000 , .5,-2e3 , )  # prices', ['1000', '.5', '-2e3']],
    ['()', []],
  ])('%s is read as Python reads it', (text, items) => {
    expect(readPythonTuple(text)).toEqual(items)
  })

  test.each([
    `('a' 'b')`,
    `('a'`,
    `('a', b)`,
    `('a\\x1')`,
    `('a',) 1`,
    `('a',,)`,
    `('\\N{BULLET}',)`,
  ])('%s is none', (text) => {
    expect(() => readPythonTuple(text)).toThrow(TupleError)
  })
})

test('a sum of decimals is exact', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 })), (cents) => {
      const sum = new ExactSum()
      for (const one of cents) sum.add(`${one}e-2`)
      const total = cents.reduce((a, b) => a + b, 0)
      expect(Number(sum.toString())).toBe(total / 100)
      expect(sum.toString()).not.toMatch(/\.$|\.\d*0$|e/)
    }),
  )
  expect(new ExactSum().add('0.1').add('0.2').toString()).toBe('0.3')
  expect(new ExactSum().add('1e2', '3').add('-0.50').toString()).toBe('299.5')
})

test('a pace counts from when the records before were sent', async () => {
  let now = 0
  const slept: number[] = []
  const sleep = async (ms: number) => {
    slept.push(ms)
    now += ms
  }
  const pace = createPace(10, { now: () => now, sleep })
  const { signal } = new AbortController()
  for (const count of [1, 5, 1]) await pace.wait(count, signal)
  expect(slept).toEqual([100, 500])
  now += 10_000
  await pace.wait(1, signal)
  await pace.wait(1, signal)
  expect(slept).toEqual([100, 500, 100])
  await expect(pace.wait(1, AbortSignal.abort())).rejects.toThrow('aborted')
})
