import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { reportQuarantine } from '../../tasks/dds/index.ts'
import {
  eventId as id,
  KINDS,
  type Kind,
  type SampleEvent,
  sampleEvent,
  withField,
} from './sample-events.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const view = (n: number) => sampleEvent('view', n)
const profile = (n: number) => sampleEvent('user_profile', n)

/** An event of the kind, one field of its payload written as given. */
const bent = (kind: Kind, field: string, raw: string) => (n: number) =>
  withField(sampleEvent(kind, n), `payload.${field}`, raw)
/** An event of the kind whose producer's clock was never set. */
const old = (kind: Kind) => (n: number) =>
  JSON.stringify(sampleEvent(kind, n, { at: '1970-01-01T00:00:00Z' }))
const ACCEPTED_FROM = 1_000
const idOf = (what: string) => id(ACCEPTED_FROM + accepted.findIndex(([name]) => name === what))
const productOf = (event: SampleEvent) => event.payload.product as Record<string, unknown>

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
  ['a clock that was never set', 'too_old', (n) => v(n, 'occurred_at', '"1970-01-01T00:00:00Z"')],
  ['the second before the oldest', 'too_old', (n) => v(n, 'occurred_at', '"1999-12-31T23:59:59Z"')],
  ['a status of 1970', 'too_old', bent('order_status', 'at', '"1970-01-01T00:00:00Z"')],
  ['a session that began in 1970', 'too_old', old('session_start')],
  ['a campaign of 1970', 'too_old', old('campaign_event')],
  ['an order of 1970', 'too_old', old('order')],
  ['the future', 'in_the_future', (n) => v(n, 'occurred_at', '"2140-01-01T00:00:00Z"')],
  ['a profile born on no date', 'bad_time', bent('user_profile', 'birth_date', '"2000-13-01"')],
  [
    'a profile registered without zone',
    'time_without_zone',
    bent('signup', 'registered_at', '"2025-01-01T00:00:00"'),
  ],
  ['a profile born tomorrow', 'in_the_future', bent('signup', 'birth_date', '"2140-01-01"')],
  ['a device type of its own', 'bad_value', bent('user_device', 'device_type', '"fridge"')],
  ['a device without system', 'missing_field', bent('user_device', 'os', 'null')],
  ['a version that is a number', 'wrong_type', bent('user_device', 'app_version', '1.2')],
  ['a latitude beyond the pole', 'coordinate_out_of_range', bent('user_location', 'lat', '90.01')],
  ['a longitude beyond 180', 'coordinate_out_of_range', bent('user_location', 'lon', '-180.5')],
  ['a latitude as text', 'wrong_type', bent('user_location', 'lat', '"41.0"')],
  ['a latitude with exponent', 'bad_value', bent('user_location', 'lat', '4.1e1')],
  ['a location without longitude', 'missing_field', bent('user_location', 'lon', 'null')],
  ['a country by its name', 'bad_value', bent('user_location', 'country', '"Türkiye"')],
  ['a session without id', 'missing_field', bent('session_start', 'session_id', 'null')],
  ['a session with an empty id', 'empty_id', bent('session_end', 'session_id', '""')],
  ['an empty campaign of a session', 'empty_id', bent('session_start', 'campaign_id', '" "')],
  ['weather that is text', 'wrong_type', bent('view', 'weather', '"rain"')],
  [
    'weather of its own',
    'bad_value',
    bent('cart', 'weather', '{"condition":"frogs","temperature_c":1}'),
  ],
  [
    'weather as hot as an oven',
    'number_out_of_range',
    bent('view', 'weather', '{"condition":"clear","temperature_c":180}'),
  ],
  [
    'a temperature with three decimals',
    'too_many_decimals',
    bent('view', 'weather', '{"condition":"clear","temperature_c":1.005}'),
  ],
  [
    'a look-alike category',
    'lookalike_id',
    bent('purchase', 'product.category', '"gro\\u200bcery"'),
  ],
  ['an unknown campaign action', 'bad_value', bent('campaign_event', 'action', '"stare"')],
  [
    'a campaign event without campaign',
    'missing_field',
    bent('campaign_event', 'campaign_id', 'null'),
  ],
  ['a campaign with a negative cost', 'negative_price', bent('campaign_event', 'cost', '-0.01')],
  ['a campaign in no currency', 'missing_field', bent('campaign_event', 'currency', 'null')],
  ['an order with a negative cost', 'negative_price', bent('order', 'cost', '-5')],
  ['an order in an unknown currency', 'unknown_currency', bent('order', 'currency', '"XXQ"')],
  ['an order without user', 'missing_field', bent('order', 'user_id', 'null')],
  ['an order id that is a number', 'wrong_type', bent('order', 'order_id', '17')],
  ['a line 0', 'bad_line_no', bent('order_item', 'line_no', '0')],
  ['a line number with decimals', 'wrong_type', bent('order_item', 'line_no', '1.5')],
  ['a line with quantity 0', 'bad_quantity', bent('order_item', 'quantity', '0')],
  ['a line with a negative price', 'negative_price', bent('order_item', 'unit_price', '-1')],
  ['a line with four decimals', 'too_many_decimals', bent('order_item', 'unit_price', '1.0005')],
  [
    'a price beyond numeric',
    'number_out_of_range',
    bent('order_item', 'unit_price', '1'.repeat(16)),
  ],
  ['a line of no product', 'empty_id', bent('order_item', 'product_id', '"\\t"')],
  ['an unknown status', 'bad_value', bent('order_status', 'status', '"LOST"')],
  ['a status at no time', 'bad_time', bent('order_status', 'at', '"soon"')],
  ['a status in the future', 'in_the_future', bent('order_status', 'at', '"2140-01-01T00:00:00Z"')],
]

const accepted: [what: string, message: (n: number) => string][] = [
  ...KINDS.map((kind): [string, (n: number) => string] => [
    `an event of kind ${kind}`,
    (n) => JSON.stringify(sampleEvent(kind, n)),
  ]),
  ['a campaign that costs nothing', bent('campaign_event', 'cost', '0')],
  ['the south pole', bent('user_location', 'lat', '-90')],
  ['a line of an order that nobody knows', bent('order_item', 'order_id', '"order-unknown"')],
  ['a status of an order that nobody knows', bent('order_status', 'order_id', '"order-unheard"')],
  ['members of other kinds, whatever they hold', bent('signup', 'quantity', '"many"')],
  ['prices where no price belongs', bent('session_start', 'product', '{"price":"free"}')],
  ['a campaign action of an order', bent('order', 'action', '{"a":["b"]}')],
  ['a late event', (n) => JSON.stringify(sampleEvent('view', n, { at: '2019-05-05T00:00:00Z' }))],
  ['a weather that is unavailable', bent('view', 'weather', '{"condition":"unavailable"}')],
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
  let loadId: string
  let outcome: Map<string, { reason: string; detail: string; value: Buffer | null }>

  const all = [
    ...refused.map(([what, , message], n) => ({ what, value: message(n) })),
    ...accepted.map(([what, message], n) => ({ what, value: message(ACCEPTED_FROM + n) })),
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
    const { loadIds } = await loadVault()
    loadId = loadIds[0]!
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

  it.each(accepted)('accepts %s', async (what) => {
    expect(outcome.get(what)).toBeUndefined()
    const { rowCount } = await shop.pool.query('select from dds.nl_event where event_id = $1', [
      idOf(what),
    ])
    expect(rowCount).toBe(1)
  })

  it('accounts for every message: a poison message does not stop its partition', async () => {
    const { rows } = await shop.pool.query('select * from dds.accounting')
    expect(rows).toMatchObject([
      {
        count_raw: String(all.length),
        count_loaded: String(accepted.length),
        count_quarantined: String(refused.length),
        count_duplicates: '0',
        count_pending: '0',
        difference: '0',
      },
    ])
  })

  it('reports what was refused, by reason, as figures to alarm on', async () => {
    const loads = { loadIds: [loadId], countRaw: 0, countDuplicates: 0, countQuarantined: 0 }
    const context = nextContext()
    const report = await reportQuarantine({ loads }, context)
    expect(report).toMatchObject({
      countRaw: all.length,
      countQuarantined: refused.length,
      shareQuarantined: refused.length / all.length,
      countWaiting: refused.length,
    })
    expect(report.byReason.tombstone).toBe(1)
    expect(context.logged).toMatchObject([
      {
        level: 'warning',
        message: `${refused.length} of ${all.length} messages are in quarantine`,
      },
    ])
  })

  it('keeps numbers and times exact', async () => {
    const { rows } = await shop.pool.query(
      `select
         (select occurred_at = '2026-01-01 12:00:00.123456Z' from dds.nl_event
          where event_id = $1) as time,
         (select unit_price::text from dds.nl_event where event_id = $2) as price`,
      [idOf('a time in another zone'), idOf('zeros after the decimals')],
    )
    expect(rows).toEqual([{ time: true, price: '12.5000' }])
  })

  it('reopens the day of a late event', async () => {
    const { rows } = await shop.pool.query(
      'select source, day from dds.load_day where load_id = $1 order by day',
      [loadId],
    )
    expect(rows).toEqual([
      { source: 'terrace', day: '2019-05-05' },
      { source: 'terrace', day: '2026-01-01' },
    ])
  })

  it('counts a repeated event, and quarantines one whose payload differs', async () => {
    const first = id(ACCEPTED_FROM)
    const event = { ...sampleEvent(KINDS[0]!, ACCEPTED_FROM) }
    const other = withField(event, 'payload.name', '"Somebody Else"')
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(event).reverse()))
    const result = await send([JSON.stringify(event), other, reordered])
    expect(result).toMatchObject({ countRaw: 3, countDuplicates: 2, countQuarantined: 1 })
    const { rows } = await shop.pool.query(
      `select reason, event_id from raw.quarantine where reason = 'event_id_conflict'`,
    )
    expect(rows).toEqual([{ reason: 'event_id_conflict', event_id: first }])
  })

  it('fills a ghost user and a ghost product when they arrive', async () => {
    const product = { ...productOf(view(1)), product_id: 'product-late' }
    const line = sampleEvent('order_item', 3_000, { payload: { product_id: 'product-late' } })
    const seen = sampleEvent('view', 3_001, { payload: { user_id: 'user-late', product } })
    await send([line, seen].map((event) => JSON.stringify(event)))
    const ghosts = async () => {
      const { rows } = await shop.pool.query(
        `select
           (select count(*)::int from dds.s_user_profile
            where user_hk = dds.hash_key('terrace', 'user-late')) as profiles,
           (select count(*)::int from dds.h_user where user_id = 'user-late') as users`,
      )
      return rows[0]
    }
    expect(await ghosts()).toEqual({ profiles: 0, users: 1 })
    const arrived = sampleEvent('signup', 3_002, { payload: { user_id: 'user-late' } })
    await send([JSON.stringify(arrived)])
    expect(await ghosts()).toEqual({ profiles: 1, users: 1 })
  })

  it('shows the typed views although raw holds bytes of every kind', async () => {
    const views = [
      'events',
      'user_profiles',
      'user_devices',
      'user_locations',
      'orders',
      'order_items',
      'campaign_events',
      'order_status_events',
    ]
    for (const name of views) {
      const { rowCount } = await shop.pool.query(`select * from raw.${name} where event_id <> ''`)
      expect([name, rowCount]).toEqual([name, expect.toSatisfy((count) => count > 0)])
    }
  })

  async function send(texts: string[]) {
    await shop.log.append(
      'user_events',
      texts.map((text) => ({ key: 'k', value: Buffer.from(text) })),
    )
    await landTopic()
    return loadVault()
  }
})

describe('A status after CLOSED', () => {
  let shop: TestWarehouse
  beforeEach(async () => {
    shop = await openTestWarehouse()
    await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  })
  afterEach(() => shop.close())

  const status = (n: number, name: string, minute: number, order = 'order-1') =>
    sampleEvent('order_status', n, {
      payload: { order_id: order, status: name, at: `2026-01-01T12:${minute}:00Z` },
    })

  /** Ids that are in quarantine for this reason, however many messages make a load. */
  async function refusedOf(
    events: SampleEvent[],
    rowsPerLoad: number,
    reason = 'status_after_closed',
  ): Promise<string[]> {
    await shop.log.append(
      'user_events',
      events.map((event) => ({ key: 'k', value: Buffer.from(JSON.stringify(event)) })),
    )
    await landTopic()
    await loadVault({ rowsPerLoad })
    const { rows } = await shop.pool.query(
      'select event_id, reason from raw.quarantine order by kafka_offset',
    )
    for (const row of rows) expect(row.reason).toBe(reason)
    return rows.map((row) => row.event_id)
  }

  it.each([1, 2, 100])('is refused when the order is closed by then (%i a load)', async (rows) => {
    const events = [
      status(1, 'OPEN', 10),
      status(2, 'CLOSED', 30),
      status(3, 'OPEN', 40),
      status(4, 'CANCELLED', 31),
      status(5, 'CLOSED', 50),
      status(6, 'OPEN', 40, 'order-2'),
    ]
    expect(await refusedOf(events, rows)).toEqual([id(3), id(4)])
  })

  it.each([1, 100])('is let in when it arrives before CLOSED (%i a load)', async (rows) => {
    const events = [status(1, 'DELIVERING', 40), status(2, 'CLOSED', 30)]
    expect(await refusedOf(events, rows)).toEqual([])
  })

  it.each([1, 100])('is let in after a CLOSED that is refused (%i a load)', async (rows) => {
    const events = [status(1, 'OPEN', 10), status(1, 'CLOSED', 30), status(2, 'COOKING', 40)]
    expect(await refusedOf(events, rows, 'event_id_conflict')).toEqual([id(1)])
  })

  it.each([1, 100])('may be late: what came before CLOSED is taken (%i a load)', async (rows) => {
    const events = [status(1, 'CLOSED', 30), status(2, 'COOKING', 20), status(3, 'OPEN', 30)]
    expect(await refusedOf(events, rows)).toEqual([])
  })

  it.each([1, 100])('counts as a repetition if it was let in once (%i a load)', async (rows) => {
    const early = status(1, 'DELIVERING', 40)
    expect(await refusedOf([early, status(2, 'CLOSED', 30), early], rows)).toEqual([])
    const { rows: counts } = await shop.pool.query(
      'select count_loaded, count_duplicates, difference from dds.accounting',
    )
    expect(counts).toEqual([{ count_loaded: '2', count_duplicates: '1', difference: '0' }])
  })

  it.each([1, 100])('is refused each time it is sent (%i a load)', async (rows) => {
    const late = status(2, 'OPEN', 40)
    expect(await refusedOf([status(1, 'CLOSED', 30), late, late], rows)).toEqual([id(2), id(2)])
  })

  it('says which order, status and time', async () => {
    await refusedOf([status(1, 'CLOSED', 30), status(2, 'OPEN', 40)], 100)
    const { rows } = await shop.pool.query('select detail from raw.quarantine')
    expect(rows[0].detail).toBe(
      'Order order-1 of terrace: found status OPEN at 2026-01-01T12:40:00Z, but the order was ' +
        'closed before that, and CLOSED is final.',
    )
  })
})
