// Batches that load what they change of their days: whatever comes in whatever order, the facts and
// marts are those that are built anew.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createRandom, type GeneratedMessage, type Random } from '../../generators/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
} from '../../tasks/enrich/index.ts'
import {
  checkMarts,
  FACTS,
  freezeBatch,
  type MartBatch,
  transferTable,
} from '../../tasks/marts/index.ts'
import { checksum } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { message, oddShop } from './shop-messages.ts'
import { landTopic, loadMarts, loadVault, nextContext, type TestWarehouse } from './warehouse.ts'

const PARTS = 5
const SEEDS = Array.from({ length: process.env.TERRACE_LONG ? 20 : 1 }, (_, n) => `seed ${n}`)

let store: MartsStore
let shop: TestWarehouse
beforeAll(async () => {
  store = await openMartsStore()
})
afterAll(() => store.close())
beforeEach(async () => {
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
})
afterEach(() => shop.close())

async function takeIn(
  messages: GeneratedMessage[],
  beforeFinish?: (loads: { loadIds: string[] }) => Promise<void>,
): Promise<void> {
  await shop.log.append('user_events', messages)
  await landTopic()
  await loadVault({ rowsPerLoad: 20, ...(beforeFinish && { beforeFinish }) })
}

async function lookUp(tasks: (typeof getWeather)[], loads = { loadIds: [] as string[] }) {
  const found = await findLookups({ loads }, nextContext())
  for (const task of tasks) await task({ found }, nextContext())
}

/** How many days of the batch were loaded by what it changes, and how many whole. */
async function daysOf({ batchId }: MartBatch): Promise<{ changed: number; whole: number }> {
  const { rows } = await shop.pool.query<{ changed: number; whole: number }>(
    `select count(*) filter (where not is_whole)::int as changed,
       count(*) filter (where is_whole)::int as whole
     from dds.mart_batch_day where batch_id = $1`,
    [batchId],
  )
  return rows[0]!
}

/** An order that another message says again: earlier or later, in another session. */
function saidAgain(random: Random, messages: GeneratedMessage[]): GeneratedMessage[] {
  return messages.flatMap(({ value }, n) => {
    const { type, occurred_at, payload } = JSON.parse(value!.toString())
    if (type !== 'order' || !random.chance(0.4)) return []
    const at = Date.parse(occurred_at) + random.between(-30, 30) * 3_600_000
    const session_id = `session-${random.between(0, 4)}-${random.between(0, 6)}`
    return message(`again-${n}`, 'order', at, { ...payload, session_id })
  })
}

/** Places that only a provider names, and one whose name is said anew. */
function elsewhere(random: Random): GeneratedMessage[] {
  const places = [
    { lat: 51.51, lon: -0.13, city: null, country: null },
    { lat: 51.51, lon: -0.13, city: null, country: null },
    { lat: 35.69, lon: 139.69, city: 'Edo', country: 'JP' },
    { lat: 35.69, lon: 139.69, city: 'Tokyo', country: 'JP' },
  ]
  return Array.from({ length: 16 }, (_, n) => {
    const at = Date.UTC(2026, 0, 1) + random.between(0, 5 * 24) * 3_600_000
    const session_id = `session-${random.between(0, 4)}-${random.between(0, 6)}`
    const who = { session_id, user_id: 'user-1' }
    return message(`elsewhere-${n}`, 'user_location', at, { ...who, ...random.pick(places) })
  })
}

it.each(SEEDS)(
  'leave what a rebuild finds, %s',
  async (seed) => {
    const random = createRandom(`changes ${seed}`)
    const odd = oddShop(random, '2026-01-01', 5)
    const messages = [...odd, ...saidAgain(random, odd), ...elsewhere(random)]
      .map((item) => ({ item, at: random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)
    let changedDays = 0
    for (let part = 0; part < PARTS; part++) {
      const some = messages.filter((_, n) => n % PARTS === part)
      const looked = random.pick(['before', 'after', 'cities', 'weather', 'not'])
      if (looked === 'before') {
        await takeIn(some, (loads) => lookUp([getRandomCity, getWeather, getCurrencyRates], loads))
      } else await takeIn(some)
      if (looked === 'after') {
        await loadMarts()
        await lookUp([getRandomCity, getWeather, getCurrencyRates])
      }
      if (looked === 'cities') await lookUp([getRandomCity])
      if (looked === 'weather') await lookUp([getWeather])
      changedDays += (await daysOf(await loadMarts())).changed
      const found = await checksum(store)
      await loadMarts({ rebuild: part === PARTS - 1 ? 'all' : { marts: [...FACTS] } })
      expect(await checksum(store), `part ${part}, look-ups: ${looked}`).toEqual(found)
    }
    expect(changedDays).toBeGreaterThan(PARTS)
  },
  240_000,
)

it('an order said twice has the weather of its time at the place of its session', async () => {
  // Of two sessions an order takes the first by key: of so many orders some take the later one.
  const pairs = Array.from({ length: 8 }, (_, n) => ({
    order_id: `o-${n}`,
    early: `e-${n}`,
    late: `l-${n}`,
  }))
  const place = { lat: 59.33, lon: 18.07, city: null, country: null }
  const at = (hour: number) => `2026-01-05T${hour}:10:00Z`
  const order = { user_id: 'u', campaign_id: null, currency: 'EUR', cost: 1 }
  await takeIn(
    pairs.flatMap(({ order_id, early, late }) => [
      message(`p-${late}`, 'user_location', at(14), { session_id: late, user_id: 'u', ...place }),
      message(`o-${early}`, 'order', at(10), { ...order, order_id, session_id: early }),
      message(`o-${late}`, 'order', at(14), { ...order, order_id, session_id: late }),
    ]),
  )
  await lookUp([getWeather])
  await loadMarts()
  // Somebody else asks for the hour in which the orders were made.
  await takeIn([
    message('p-z', 'user_location', at(10), { session_id: 'z', user_id: 'u', ...place }),
  ])
  await loadMarts()
  await lookUp([getWeather])
  expect(await daysOf(await loadMarts())).toEqual({ changed: 1, whole: 0 })
  const lines = `select distinct startsWith(session_id, 'l') as is_late, weather <> 'unknown' as has_weather
    from fct_order_line order by all`
  expect(await store.rows(lines)).toEqual([
    { is_late: 0, has_weather: 0 },
    { is_late: 1, has_weather: 1 },
  ])
})

/** Costs in a currency whose rate has to be looked up. */
const spent = (id: string, at: string) =>
  message(id, 'campaign_event', at, {
    campaign_id: 'c',
    name: 'C',
    channel: 'search',
    action: 'click',
    cost: 2,
    currency: 'TRY',
    user_id: null,
    session_id: null,
  })

it('a new rate is in every amount of its days, and a batch after a failed check is loaded whole', async () => {
  const [day, other] = ['2026-01-05T12:00:00Z', '2026-01-06T12:00:00Z']
  const pending = () =>
    store.rows<{ n: number }>(
      'select toUInt32(count()) as n from fct_event where cost_reporting is null',
    )
  await takeIn([spent('c-1', day), spent('c-2', other)])
  await loadMarts()
  expect(await pending()).toEqual([{ n: 2 }])
  await lookUp([getCurrencyRates])
  expect(await daysOf(await loadMarts())).toMatchObject({ changed: 0, whole: expect.any(Number) })
  expect(await pending()).toEqual([{ n: 0 }])

  await takeIn([spent('c-3', day)])
  const batch = await freezeBatch({}, nextContext())
  expect(await daysOf(batch)).toEqual({ changed: 1, whole: 0 })
  const loaded = await transferTable({ target: 'fct_event', batch }, nextContext())
  await store.client.command({ query: `alter table fct_event delete where event_id = 'c-1'` })
  await expect(checkMarts({ batch, loaded: [loaded] }, nextContext())).rejects.toThrow('fct_event')
  await loadMarts()
  expect(await store.rows('select event_id from fct_event order by event_id')).toEqual(
    [1, 2, 3].map((n) => ({ event_id: `c-${n}` })),
  )
})

it('an answer reopens the days of sessions that its own statement did not see yet', async () => {
  const place = { lat: 51.51, lon: -0.13, city: null, country: null }
  await takeIn([
    message('p', 'user_location', '2026-01-05T12:00:00Z', {
      session_id: 's',
      user_id: 'u',
      ...place,
    }),
    message('e', 'session_end', '2026-01-06T00:10:00Z', {
      session_id: 's',
      user_id: 'u',
      campaign_id: null,
      referrer: null,
    }),
  ])
  await loadMarts()
  await lookUp([getRandomCity])
  // As if the load of the session had committed while the answer was written.
  await shop.pool.query(
    `delete from dds.load_day
     where load_id in (select load_id from dds.load where log_id = 'lookup')`,
  )
  expect(await daysOf(await loadMarts())).toEqual({ changed: 2, whole: 0 })
  expect(await store.rows('select distinct city from fct_event')).toEqual([{ city: 'London' }])
  const { rows } = await shop.pool.query('select from dds.mart_batch_key')
  expect(rows).toEqual([])
})

it('an answer that changes very many events loads their days whole', async () => {
  const place = { lat: 51.51, lon: -0.13, city: null, country: null }
  const who = { session_id: 's', user_id: 'u' }
  await takeIn([message('p', 'user_location', '2026-01-05T12:00:00Z', { ...who, ...place })])
  await loadMarts()
  await shop.pool.query(
    `insert into dds.nl_event
     select (jsonb_populate_record(event, jsonb_build_object('event_hk', gen_random_uuid()))).*
     from dds.nl_event as event
     cross join generate_series(1, 20001)
     where event_id = 'p'`,
  )
  await lookUp([getRandomCity])
  expect(await daysOf(await freezeBatch({}, nextContext()))).toEqual({ changed: 0, whole: 1 })
  const { rows } = await shop.pool.query('select from dds.mart_batch_key')
  expect(rows).toEqual([])
})

const start = (id: string) =>
  message(id, 'session_start', '2026-01-05T12:00:00Z', {
    session_id: id,
    user_id: 'u',
    campaign_id: null,
    referrer: null,
  })

it('a load that noted no keys loads its days whole', async () => {
  await takeIn([start('before')])
  await loadMarts()
  await takeIn([start('after')])
  await shop.pool.query('update dds.load set has_keys = false')
  expect(await daysOf(await freezeBatch({}, nextContext()))).toEqual({ changed: 0, whole: 1 })
})

it('a rebuild beside a batch that waits keeps no row of its days', async () => {
  await takeIn([start('before')])
  await loadMarts()
  await store.client.command({
    query: `alter table fct_session update city = 'Nowhere' where true settings mutations_sync = 2`,
  })
  await takeIn([start('after')])
  expect(await daysOf(await freezeBatch({}, nextContext()))).toEqual({ changed: 1, whole: 0 })
  await loadMarts({ rebuild: { marts: ['fct_session'] } })
  expect(await store.rows('select session_id, city from fct_session order by all')).toEqual([
    { session_id: 'after', city: 'unknown' },
    { session_id: 'before', city: 'unknown' },
  ])
})

it('a city or category that is said anew is that of the rows before, too', async () => {
  const told = (session_id: string, at: string, city: string, category: string) => {
    const who = { session_id, user_id: 'u' }
    const place = { lat: 35.69, lon: 139.69, city, country: 'JP' }
    const product = { product_id: 'p', name: 'P', category, price: 1, currency: 'EUR' }
    const seen = { product, quantity: 1, platform: 'desktop', weather: null }
    return [
      message(`l-${session_id}`, 'user_location', at, { ...who, ...place }),
      message(`v-${session_id}`, 'view', at, { ...who, ...seen }),
    ]
  }
  await takeIn(told('first', '2026-01-05T10:00:00Z', 'Edo', 'books'))
  await loadMarts()
  await takeIn(told('second', '2026-01-05T12:00:00Z', 'Tokyo', 'toys'))
  expect(await daysOf(await loadMarts())).toEqual({ changed: 1, whole: 0 })
  const views = `select session_id, city, category from fct_event where event_type = 'view' order by all`
  expect(await store.rows(views)).toEqual([
    { session_id: 'first', city: 'Tokyo', category: 'toys' },
    { session_id: 'second', city: 'Tokyo', category: 'toys' },
  ])
})

it('a session and an order move from a day of changes to one that is loaded whole', async () => {
  const who = { session_id: 's', user_id: 'u', campaign_id: null }
  const order = (id: string, at: string) =>
    message(id, 'order', at, { ...who, order_id: 'o', currency: 'EUR', cost: 1 })
  await takeIn([spent('c-1', '2026-01-05T12:00:00Z'), order('o-1', '2026-01-05T00:01:00Z')])
  await lookUp([getCurrencyRates])
  await loadMarts()
  await takeIn([spent('c-2', '2026-01-04T12:00:00Z'), order('o-2', '2026-01-04T23:59:00Z')])
  await lookUp([getCurrencyRates])
  expect(await daysOf(await loadMarts())).toEqual({ changed: 1, whole: 1 })
  for (const fact of ['fct_session', 'fct_order_line']) {
    const days = `select toString(day) as day from ${fact}`
    expect(await store.rows(days), fact).toEqual([{ day: '2026-01-04' }])
  }
})
