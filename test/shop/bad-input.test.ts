import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCatalogue, generateEvent, generateUser } from '../../generators/index.ts'
import { landTopic, loadVault, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const AT = Date.UTC(2026, 0, 1, 12)
const id = (n: number) => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`
const view = (n: number) =>
  generateEvent(id(n), AT, {
    type: 'view',
    payload: {
      session_id: 'session-1',
      user_id: 'user-1',
      product: { ...createCatalogue('seed', 1)[0]!, price: 12.5, currency: 'EUR' },
      quantity: 1,
      platform: 'desktop',
    },
  })
const profile = (n: number) =>
  generateEvent(id(n), AT, { type: 'user_profile', payload: generateUser('seed', 'user-1') })

/** The message with one field written as given, digits and escapes included. */
function withField(envelope: object, path: string, raw: string): string {
  const copy = structuredClone(envelope) as Record<string, unknown>
  const keys = path.split('.')
  let parent = copy
  for (const key of keys.slice(0, -1)) parent = parent[key] as Record<string, unknown>
  parent[keys.at(-1)!] = '@@'
  return JSON.stringify(copy).replace('"@@"', () => raw)
}

const v = (n: number, path: string, raw: string) => withField(view(n), path, raw)
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`

// What is sent (made for its own event id), and why it is refused.
const refused: [what: string, reason: string, message: (n: number) => string | Buffer | null][] = [
  ['a tombstone', 'tombstone', () => null],
  ['no bytes', 'empty', () => ''],
  ['white space', 'empty', () => ' \n'],
  ['no JSON', 'not_json', () => '<html>'],
  ['half a message', 'not_json', (n) => JSON.stringify(view(n)).slice(0, -5)],
  ['a byte-order mark', 'not_json', (n) => `\ufeff${JSON.stringify(view(n))}`],
  ['NaN', 'not_json', (n) => v(n, 'payload.product.price', 'NaN')],
  ['Infinity', 'not_json', (n) => v(n, 'payload.product.price', 'Infinity')],
  ['NaN as a string', 'wrong_type', (n) => v(n, 'payload.product.price', '"NaN"')],
  ['a list', 'wrong_type', () => '[]'],
  ['invalid UTF-8', 'invalid_utf8', () => Buffer.from([0x7b, 0x22, 0xff, 0x22])],
  ['a NUL byte', 'nul_character', (n) => `${JSON.stringify(view(n))}\0`],
  ['an escaped NUL', 'nul_character', (n) => v(n, 'payload.product.name', '"a\\u0000"')],
  ['a lone surrogate', 'lone_surrogate', (n) => v(n, 'payload.product.name', '"\\ud800"')],
  ['a duplicate key', 'duplicate_key', (n) => v(n, 'type', '"view","type":"view"')],
  ['an escaped duplicate key', 'duplicate_key', (n) => v(n, 'type', '"view","\\u0074ype":"view"')],
  ['__proto__', 'forbidden_key', (n) => v(n, 'payload.quantity', '1,"__proto__":{"a":1}')],
  ['too much depth', 'too_deep', (n) => v(n, 'payload.extra', deep)],
  ['a huge string', 'string_too_long', (n) => v(n, 'payload.extra', `"${'x'.repeat(100_000)}"`)],
  ['a huge array', 'array_too_long', (n) => v(n, 'payload.extra', `[${'1,'.repeat(20_000)}1]`)],
  ['a huge message', 'too_large', (n) => v(n, 'payload.extra', `"${'x'.repeat(300_000)}"`)],
  [
    'an integer beyond 2^53',
    'number_out_of_range',
    (n) => v(n, 'payload.quantity', '9007199254740993'),
  ],
  [
    'an integer beyond int8',
    'number_out_of_range',
    (n) => v(n, 'payload.extra', '9223372036854775808'),
  ],
  ['1e400', 'number_out_of_range', (n) => v(n, 'payload.product.price', '1e400')],
  [
    'a price with three decimals',
    'too_many_decimals',
    (n) => v(n, 'payload.product.price', '1.005'),
  ],
  ['a negative price', 'negative_price', (n) => v(n, 'payload.product.price', '-1')],
  ['a price of -0', 'negative_price', (n) => v(n, 'payload.product.price', '-0')],
  ['an unknown currency', 'unknown_currency', (n) => v(n, 'payload.product.currency', '"XXQ"')],
  [
    'minor units of JPY',
    'too_many_decimals',
    (n) => v(n, 'payload.product.price', '10.50').replace('"EUR"', '"JPY"'),
  ],
  ['a quantity of 0', 'bad_quantity', (n) => v(n, 'payload.quantity', '0')],
  ['a negative quantity', 'bad_quantity', (n) => v(n, 'payload.quantity', '-1')],
  ['a quantity of -0', 'wrong_type', (n) => v(n, 'payload.quantity', '-0')],
  ['a quantity as text', 'wrong_type', (n) => v(n, 'payload.quantity', '"1"')],
  ['a missing event id', 'missing_field', (n) => v(n, 'event_id', 'null')],
  ['an empty event id', 'empty_id', (n) => v(n, 'event_id', '" "')],
  ['a missing user', 'missing_field', (n) => v(n, 'payload.user_id', 'null')],
  ['a user that is a number', 'wrong_type', (n) => v(n, 'payload.user_id', '7')],
  ['a zero-width look-alike id', 'lookalike_id', (n) => v(n, 'payload.user_id', '"user-1\\u200b"')],
  ['a payload that is text', 'wrong_type', (n) => v(n, 'payload', '"x"')],
  ['an unknown platform', 'bad_value', (n) => v(n, 'payload.platform', '"fridge"')],
  ['an unknown type', 'unknown_type', (n) => v(n, 'type', '"teleport"')],
  ['a type named like a method', 'unknown_type', (n) => v(n, 'type', '"toString"')],
  ['an unknown schema version', 'unknown_schema_version', (n) => v(n, 'schema_version', '2')],
  ['an unknown source', 'unknown_source', (n) => v(n, 'source', '"elsewhere"')],
  ['no date', 'bad_time', (n) => v(n, 'occurred_at', '"yesterday"')],
  ['30 February', 'bad_time', (n) => v(n, 'occurred_at', '"2026-02-30T00:00:00Z"')],
  ['the year 99999', 'bad_time', (n) => v(n, 'occurred_at', '"99999-01-01T00:00:00Z"')],
  ['a time without zone', 'time_without_zone', (n) => v(n, 'occurred_at', '"2026-01-01T00:00:00"')],
  ['before 1970', 'before_1970', (n) => v(n, 'occurred_at', '"1969-12-31T23:59:59Z"')],
  ['the future', 'in_the_future', (n) => v(n, 'occurred_at', '"2140-01-01T00:00:00Z"')],
  [
    'a profile born on no date',
    'bad_time',
    (n) => withField(profile(n), 'payload.birth_date', '"2000-13-01"'),
  ],
]

const accepted: [what: string, message: (n: number) => string][] = [
  ['a view of an unknown user', (n) => JSON.stringify(view(n))],
  ['a profile', (n) => JSON.stringify(profile(n))],
  ['a time in another zone', (n) => v(n, 'occurred_at', '"2026-01-01T15:00:00.123456+03:00"')],
  ['an integer of 19 digits nobody reads', (n) => v(n, 'payload.extra', '9223372036854775807')],
  ['zeros after the decimals', (n) => v(n, 'payload.product.price', '12.5000')],
  [
    'keys in another order',
    (n) => JSON.stringify(Object.fromEntries(Object.entries(view(n)).reverse())),
  ],
  [
    'a profile of nothing but its user',
    (n) => withField(profile(n), 'payload', '{"user_id":"user-2"}'),
  ],
]

describe('Bad input on its way from raw to dds', () => {
  let shop: TestWarehouse
  let outcome: Map<string, { reason: string; detail: string; value: Buffer | null }>

  const all = [
    ...refused.map(([what, , message], n) => ({ what, value: message(n) })),
    ...accepted.map(([what, message], n) => ({ what, value: message(1_000 + n) })),
  ]

  beforeAll(async () => {
    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
    await shop.log.append(
      'user_events',
      all.map(({ value }) => ({
        key: 'k',
        value: typeof value === 'string' ? Buffer.from(value) : value,
        headers: { source: 'terrace' },
      })),
    )
    await landTopic()
    await loadVault()
    const { rows } = await shop.pool.query(
      'select kafka_offset, reason, detail, value from raw.quarantine',
    )
    outcome = new Map(rows.map((row) => [all[Number(row.kafka_offset)]!.what, row]))
  })
  afterAll(() => shop.close())

  it.each(refused)('quarantines %s as %s, with its bytes', (what, reason, message) => {
    const row = outcome.get(what)
    expect(row?.reason).toBe(reason)
    expect(row?.detail).not.toBe('')
    const sent = message(refused.findIndex(([name]) => name === what))
    expect(row?.value ?? null).toEqual(sent === null ? null : Buffer.from(sent))
  })

  it.each(accepted)('accepts %s', (what) => {
    expect(outcome.get(what)).toBeUndefined()
  })

  it('accounts for every message', async () => {
    const { rows } = await shop.pool.query('select * from dds.accounting')
    expect(rows).toMatchObject([
      {
        count_raw: String(all.length),
        count_loaded: String(accepted.length),
        count_quarantined: String(refused.length),
        count_duplicates: '0',
        difference: '0',
      },
    ])
  })

  it('keeps numbers and times exact', async () => {
    const { rows } = await shop.pool.query(
      `select
         (select occurred_at = '2026-01-01 12:00:00.123456Z' from dds.nl_event
          where event_id = $1) as time,
         (select unit_price::text from dds.nl_event where event_id = $2) as price`,
      [id(1_002), id(1_004)],
    )
    expect(rows).toEqual([{ time: true, price: '12.5000' }])
  })

  it('counts a repeated event, and quarantines one whose payload differs', async () => {
    const again = JSON.stringify(view(1_000))
    const other = v(1_000, 'payload.platform', '"mobile-app"')
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(view(1_000)).reverse()))
    await shop.log.append(
      'user_events',
      [again, other, reordered].map((text) => ({ key: 'k', value: Buffer.from(text) })),
    )
    await landTopic()
    const result = await loadVault()
    expect(result).toMatchObject({ countRaw: 3, countDuplicates: 2, countQuarantined: 1 })
    const { rows } = await shop.pool.query(
      `select reason, event_id from raw.quarantine where reason = 'event_id_conflict'`,
    )
    expect(rows).toEqual([{ reason: 'event_id_conflict', event_id: id(1_000) }])
  })

  it('shows the typed views although raw holds bytes of every kind', async () => {
    const events = await shop.pool.query(`select * from raw.events where user_id = 'user-1'`)
    const profiles = await shop.pool.query(`select * from raw.user_profiles where gender is null`)
    expect(events.rowCount).toBeGreaterThan(3)
    expect(profiles.rowCount).toBeGreaterThan(0)
  })
})
