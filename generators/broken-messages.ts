// Messages as broken producers send them, so that quarantine has something to show. Each flaw is the
// reason under which tasks/dds refuses it; none may stop its partition.

import type { Envelope } from './events.ts'
import type { Random } from './random.ts'

type Break = (envelope: Envelope) => string | Buffer | null
type Change = Record<string, unknown>

export interface Flaw {
  reason: string
  /** The bytes of the message, broken; null is a tombstone. */
  break: Break
}

const HUGE = 20_000

const ANY: readonly Flaw[] = [
  { reason: 'tombstone', break: () => null },
  { reason: 'empty', break: () => '' },
  { reason: 'not_json', break: () => '<html><body>502 Bad Gateway</body></html>' },
  { reason: 'not_json', break: (envelope) => JSON.stringify(envelope).slice(0, -7) },
  raw('not_json', '"schema_version":1', '"schema_version":NaN'),
  raw('not_json', '"schema_version":1', '"schema_version":-Infinity'),
  {
    reason: 'invalid_utf8',
    break: (envelope) => Buffer.concat([Buffer.from(JSON.stringify(envelope)), Buffer.of(0xff)]),
  },
  raw('nul_character', '"source":"', '"source":"\\u0000'),
  raw('lone_surrogate', '"source":"', '"source":"\\ud83d'),
  raw('duplicate_key', '"type":', '"type":"signup","type":'),
  raw('forbidden_key', '"payload":{', '"payload":{"__proto__":{"is_admin":true},'),
  raw('number_out_of_range', '"schema_version":1', '"schema_version":9223372036854775808'),
  raw('number_out_of_range', '"schema_version":1', '"schema_version":9007199254740993'),
  raw('number_out_of_range', '"schema_version":1', '"schema_version":1e400'),
  raw('too_deep', '"payload":{', `"payload":{"note":${'['.repeat(40)}${']'.repeat(40)},`),
  raw('string_too_long', '"payload":{', `"payload":{"note":"${'x'.repeat(HUGE)}",`),
  raw('array_too_long', '"payload":{', `"payload":{"note":[0${',0'.repeat(HUGE)}],`),
  envelope('missing_field', { event_id: undefined }),
  envelope('missing_field', { occurred_at: null }),
  envelope('wrong_type', { payload: 'see attachment' }),
  envelope('wrong_type', { occurred_at: 1_767_225_600 }),
  envelope('empty_id', { event_id: ' ' }),
  envelope('lookalike_id', { event_id: 'f81d4fae\u200b' }),
  envelope('unknown_source', { source: 'terrasse' }),
  envelope('unknown_type', { type: 'teleport' }),
  envelope('unknown_schema_version', { schema_version: 99 }),
  envelope('bad_time', { occurred_at: 'yesterday' }),
  envelope('bad_time', { occurred_at: '+099999-01-01T00:00:00Z' }),
  envelope('time_without_zone', { occurred_at: '2026-01-01T12:00:00' }),
  envelope('before_1970', { occurred_at: '1969-12-31T23:59:59Z' }),
  envelope('in_the_future', { occurred_at: '2999-01-01T00:00:00Z' }),
]

const OF_PRODUCT: readonly Flaw[] = [
  product('negative_price', { price: -1 }),
  product('too_many_decimals', { price: 12.345, currency: 'EUR' }),
  product('too_many_decimals', { price: 10.5, currency: 'JPY' }),
  product('unknown_currency', { currency: 'XXX' }),
  product('missing_field', { product_id: null }),
  payload('bad_quantity', { quantity: 0 }),
  payload('bad_quantity', { quantity: -2 }),
  raw('wrong_type', '"quantity":', '"quantity":-0,"was":'),
  payload('bad_value', { platform: 'fridge' }),
  payload('lookalike_id', { user_id: 'user-1\u200b' }),
]

const OF_TYPE: Record<string, readonly Flaw[]> = {
  view: OF_PRODUCT,
  cart: OF_PRODUCT,
  purchase: OF_PRODUCT,
  user_location: [
    payload('coordinate_out_of_range', { lat: 91 }),
    payload('coordinate_out_of_range', { lon: -200.5 }),
  ],
  order: [payload('unknown_currency', { currency: 'XXX' })],
  order_item: [
    payload('negative_price', { unit_price: -5 }),
    payload('bad_quantity', { quantity: 0 }),
  ],
  order_status: [payload('bad_value', { status: 'LOST' })],
}

/** One that a message of this type can have; those of its own type as often as all others. */
export function pickFlaw(random: Random, type: string): Flaw {
  const own = OF_TYPE[type]
  return random.pick(own !== undefined && random.chance(0.5) ? own : ANY)
}

function raw(reason: string, text: string, replacement: string): Flaw {
  return { reason, break: (whole) => JSON.stringify(whole).replace(text, replacement) }
}

function envelope(reason: string, change: Change): Flaw {
  return { reason, break: (whole) => JSON.stringify({ ...whole, ...change }) }
}

function payload(reason: string, change: Change): Flaw {
  return {
    reason,
    break: (whole) => JSON.stringify({ ...whole, payload: { ...whole.payload, ...change } }),
  }
}

function product(reason: string, change: Change): Flaw {
  return {
    reason,
    break: (whole) => {
      const known = (whole.payload as { product?: object }).product
      const broken = { ...whole.payload, product: { ...known, ...change } }
      return JSON.stringify({ ...whole, payload: broken })
    },
  }
}
