// Which days a load reopens: one that is missing would leave a mart wrong for ever.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SampleEvent, sampleEvent } from './sample-events.ts'
import { landTopic, loadVault, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

let shop: TestWarehouse
beforeEach(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
})
afterEach(() => shop.close())

/** Noon of a day of January 2026. */
const noon = (day: number) => `2026-01-${String(day).padStart(2, '0')}T12:00:00Z`

/** Lands and loads the events; the days of January that their load reopens. */
async function daysOf(events: SampleEvent[], rowsPerLoad?: number): Promise<number[]> {
  await shop.log.append(
    'user_events',
    events.map((event) => ({ key: 'k', value: Buffer.from(JSON.stringify(event)) })),
  )
  await landTopic()
  const { loadIds } = await loadVault(rowsPerLoad === undefined ? {} : { rowsPerLoad })
  const { rows } = await shop.pool.query<{ day: string }>(
    `select distinct day from dds.load_day
     where load_id = any($1) and source = 'terrace' order by day`,
    [loadIds],
  )
  return rows.map(({ day }) => Number(day.slice(-2)))
}

let number = 0
const next = (
  kind: Parameters<typeof sampleEvent>[0],
  day: number,
  payload: Record<string, unknown> = {},
) => sampleEvent(kind, ++number, { at: noon(day), payload })

const product = (id: string, category: string | null) => ({
  product: { product_id: id, name: id, category, price: 5, currency: 'EUR' },
})

describe('A load reopens', () => {
  it('the days of its own events, in the zone of their source', async () => {
    await shop.pool.query(`update dds.ref_source set time_zone = 'Europe/Istanbul'`)
    const late = sampleEvent('signup', ++number, { at: '2026-01-03T22:00:00Z' })
    expect(await daysOf([next('signup', 1), late])).toEqual([1, 4])
  })

  it('the days of a session whose device arrives later', async () => {
    await daysOf([
      next('view', 1),
      next('session_end', 2),
      next('view', 3, { session_id: 'other' }),
    ])
    expect(await daysOf([next('user_device', 5)])).toEqual([1, 2, 5])
  })

  it('the days of a session whose place arrives later, and of its orders', async () => {
    await daysOf([next('view', 1), next('order', 2), next('order_item', 3)])
    expect(await daysOf([next('user_location', 6)])).toEqual([1, 2, 3, 6])
  })

  it('the days of an order that gets a status the next day', async () => {
    const other = { order_id: 'other', session_id: 'other' }
    await daysOf([next('order', 1), next('order_item', 1), next('order', 9, other)])
    const closed = { status: 'CLOSED', at: noon(3) }
    // It is said on the fourth that the order was closed on the third.
    expect(await daysOf([next('order_status', 4, closed)])).toEqual([1, 3, 4])
  })

  it('the days of lines and statuses whose order arrives late', async () => {
    await daysOf([next('order_item', 2), next('order_status', 3, { at: noon(3) })])
    expect(await daysOf([next('order', 1)])).toEqual([1, 2, 3])
  })

  it('the days of the session of an order', async () => {
    await daysOf([next('session_start', 1), next('view', 2)])
    expect(await daysOf([next('order', 3)])).toEqual([1, 2, 3])
  })

  it('the days of a product whose category changes, and of the orders it is in', async () => {
    await daysOf([
      next('view', 2, product('p', 'books')),
      next('order', 3),
      next('order_item', 4, { product_id: 'p' }),
      next('view', 5, { ...product('q', 'books'), session_id: 'other' }),
    ])
    expect(await daysOf([next('view', 6, product('p', 'toys'))])).toContain(2)
    const again = await daysOf([next('view', 7, product('p', 'games'))])
    expect(again).toEqual(expect.arrayContaining([2, 3, 4, 6, 7]))
    expect(again).not.toContain(5)
  })

  it('the days of a product that was in no category', async () => {
    await daysOf([next('order_item', 1, { product_id: 'p' })])
    expect(await daysOf([next('view', 4, product('p', 'books'))])).toEqual([1, 4])
  })

  it('no day of a product whose category stays, or was another one in the past', async () => {
    await daysOf([next('view', 5, product('p', 'books'))])
    expect(await daysOf([next('view', 6, product('p', 'books'))])).toEqual([6])
    expect(await daysOf([next('view', 1, product('p', 'toys'))])).toEqual([1])
    expect(await daysOf([next('view', 7, product('p', null))])).toEqual([7])
  })

  it('the days of a product whose category changes within the same hour', async () => {
    await daysOf([next('view', 1, product('p', 'books')), next('view', 5, product('p', 'books'))])
    expect(await daysOf([next('view', 5, product('p', 'toys'))])).toEqual([1, 5])
  })

  it('the days of a product whose category moves on and back in loads that finish together', async () => {
    await daysOf([next('view', 1, product('p', 'books'))])
    const moved = [next('view', 3, product('p', 'toys')), next('view', 4, product('p', 'toys'))]
    expect(await daysOf(moved, 1)).toEqual([1, 3, 4])
  })

  it('the days of all sessions at a place that a message names', async () => {
    await daysOf([
      next('view', 1, { session_id: 'a' }),
      next('user_location', 1, { session_id: 'a' }),
      next('view', 2, { session_id: 'elsewhere' }),
      next('user_location', 2, { session_id: 'elsewhere', lat: 1 }),
    ])
    const named = { session_id: 'b', city: 'Istanbul', country: 'TR' }
    expect(await daysOf([next('user_location', 4, named)])).toEqual([1, 4])
    expect(await daysOf([next('user_location', 5, { ...named, session_id: 'c' })])).toEqual([5])
    const renamed = { session_id: 'd', city: 'Üsküdar', country: 'TR' }
    expect(await daysOf([next('user_location', 6, renamed)])).toEqual([1, 4, 5, 6])
  })

  it('no day for a message that names a place which a provider has named', async () => {
    await daysOf([next('view', 1), next('user_location', 1)])
    await shop.pool.query(
      `insert into dds.s_location_geo
       select location_hk, now(), dds.hash_diff('x'), 'Istanbul', 'TR', 'offline', now(), 'offline', 0
       from dds.h_location where source = 'terrace'`,
    )
    const named = { session_id: 'b', city: 'Üsküdar', country: 'TR' }
    expect(await daysOf([next('user_location', 4, named)])).toEqual([4])
  })
})

describe('The times of days', () => {
  const timesOf = async (...days: string[]) => {
    const { rows } = await shop.pool.query<{ from_time: Date; until_time: Date }>(
      'select * from dds.times_of($1::date[])',
      [days],
    )
    return [rows[0]!.from_time.toISOString(), rows[0]!.until_time.toISOString()]
  }

  it('are those of UTC, and two hours on either side, when all sources are in UTC', async () => {
    await shop.pool.query(`update dds.ref_source set time_zone = 'UTC'`)
    expect(await timesOf('2026-01-05')).toEqual([
      '2026-01-04T22:00:00.000Z',
      '2026-01-06T02:00:00.000Z',
    ])
  })

  it('begin where the day begins first, and end where it ends last', async () => {
    await shop.pool.query(`update dds.ref_source set time_zone = 'Pacific/Kiritimati'`)
    await shop.pool.query(`insert into dds.ref_source values ('far', 'Pacific/Pago_Pago', null)`)
    expect(await timesOf('2026-01-05', '2026-01-07')).toEqual([
      '2026-01-04T08:00:00.000Z',
      '2026-01-08T13:00:00.000Z',
    ])
  })
})
