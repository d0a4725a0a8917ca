import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sqlFile } from '../../connections/sql-file.ts'
import { nearestCity, weatherAt } from '../../generators/offline/index.ts'
import {
  cleanAndValidate,
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import { geo } from '../../tasks/enrich/get-random-city.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
} from '../../tasks/enrich/index.ts'
import { lookUp } from '../../tasks/enrich/look-up.ts'
import { offlinePlaces } from '../../tasks/enrich/offline.ts'
import { landTopic, nextContext, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const ISTANBUL = { lat: 41.01, lon: 28.98 }
const OPEN_SEA = { lat: 0, lon: -30.04 }
const NOTHING = { countEvents: 0, geo: 0, weather: 0, fx: 0 }

let shop: TestWarehouse
let sent = 0

function message(type: string, at: string, payload: object): string {
  sent += 1
  const event_id = `event-${sent}`
  const envelope = { event_id, type, source: 'terrace', schema_version: 1, occurred_at: at }
  return JSON.stringify({ ...envelope, payload })
}

const located = (session_id: string, at: string, place: object) =>
  message('user_location', at, {
    user_id: 'user-1',
    session_id,
    ...place,
    city: null,
    country: null,
  })

const viewed = (session_id: string, at: string, weather: object | null = null) =>
  message('view', at, {
    session_id,
    user_id: 'user-1',
    product: { product_id: 'p1', name: 'Pen', category: 'office', price: 2, currency: 'SEK' },
    quantity: 1,
    platform: 'desktop',
    weather,
  })

/** raw_to_dds up to its look-ups. */
async function load(messages: string[]) {
  await shop.log.append(
    'user_events',
    messages.map((text) => ({
      key: 'k',
      value: Buffer.from(text),
      headers: { source: 'terrace' },
    })),
  )
  await landTopic()
  const loads = await cleanAndValidate({ topic: 'user_events' }, nextContext())
  expect(loads.countQuarantined).toBe(0)
  for (const task of [
    upsertUsersFromRaw,
    loadProductsAndCategories,
    loadOrdersFromEvents,
    validateAndLoadEvents,
  ]) {
    await task({ loads }, nextContext())
  }
  return loads
}

async function lookUpAll(loads: { loadIds: string[] }) {
  const found = await findLookups({ loads }, nextContext())
  return {
    found,
    city: await getRandomCity({ found }, nextContext()),
    weather: await getWeather({ found }, nextContext()),
    rates: await getCurrencyRates({ found }, nextContext()),
  }
}

async function rows(query: string) {
  return (await shop.pool.query(query)).rows
}

async function openShop() {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
}

describe('Look-ups', () => {
  let first: Awaited<ReturnType<typeof lookUpAll>>

  beforeAll(async () => {
    await openShop()
    const loads = await load([
      located('s1', '2026-01-01T10:00:00Z', ISTANBUL),
      viewed('s1', '2026-01-01T10:05:00Z'),
      viewed('s1', '2026-01-01T10:50:00Z'),
      viewed('s1', '2026-01-01T11:00:00Z'),
      located('s2', '2026-01-01T10:30:00Z', ISTANBUL),
      viewed('s2', '2026-01-01T10:31:00Z'),
      viewed('s2', '2026-01-03T00:10:00Z', { condition: 'rain', temperature_c: 4.5 }),
      located('s3', '2026-01-03T00:00:00Z', OPEN_SEA),
      viewed('nowhere', '2026-01-04T00:00:00Z'),
    ])
    first = await lookUpAll(loads)
    await finishLoads({ loads }, nextContext())
  })
  afterAll(() => shop.close())

  it('ask once per place, place and hour, and day, however many events there are', async () => {
    expect(first.found).toEqual({ countEvents: 9, geo: 2, weather: 3, fx: 3 })
    expect(first.city).toEqual({ calls: 2, fromRaw: 0, rows: 2, pending: 0 })
    expect(first.weather).toEqual({ calls: 3, fromRaw: 0, rows: 3, pending: 0 })
    expect(first.rates).toMatchObject({ calls: 3, pending: 0 })
    expect(await rows('select request_key from raw.api_responses order by 1')).toEqual(
      [
        '0.0,-30.0',
        '0.0,-30.0@2026-01-03T00:00Z',
        '2026-01-01',
        '2026-01-03',
        '2026-01-04',
        '41.0,29.0',
        '41.0,29.0@2026-01-01T10:00Z',
        '41.0,29.0@2026-01-01T11:00Z',
      ].map((request_key) => ({ request_key })),
    )
  })

  it('store what the provider said, and that it knows no city at sea', async () => {
    const geoRows = await rows(
      `select location_id, city, country, provider from dds.s_location_geo
       join dds.h_location using (location_hk) where provider <> 'message' order by 1`,
    )
    expect(geoRows).toEqual([
      { location_id: '0.0,-30.0', city: null, country: null, provider: 'offline' },
      { location_id: '41.0,29.0', ...nearestCity(41, 29), provider: 'offline' },
    ])
    const weather = weatherAt(41, 29, new Date('2026-01-01T10:00Z'))!
    const weatherRows = await rows(
      `select condition, temperature_c::float8 as degrees from dds.s_location_weather
       order by applied_at`,
    )
    expect(weatherRows[0]).toEqual({
      condition: weather.condition,
      degrees: weather.temperatureC,
    })
    expect(weatherRows[2]).toEqual({ condition: 'unavailable', degrees: null })
  })

  it('store rates of the currencies in use and of the reporting currency, exact', async () => {
    const rates = await rows(
      `select quote, trim_scale(rate)::text as rate from dds.ref_fx_rate
       where rate_date = '2026-01-03' and quote in ('EUR', 'SEK', 'USD') order by 1`,
    )
    expect(rates.map(({ quote }) => quote)).toEqual(['EUR', 'SEK', 'USD'])
    const kept = await rows(
      `select convert_from(body, 'UTF8')::json as body from raw.api_responses
       where request_key = '2026-01-03'`,
    )
    expect(rates[0].rate).toBe(kept[0].body.EUR)
    expect(rates[2].rate).toBe('1')
  })

  it('are finished loads of their own that reopen the days they touch', async () => {
    const days = await rows(
      `select load.topic, load.state, day.source, day.day
       from dds.load join dds.load_day as day using (load_id)
       where log_id = 'lookup' order by topic, day`,
    )
    const of = (topic: string) => days.filter((row) => row.topic === topic).map((row) => row.day)
    expect(new Set(days.map((row) => `${row.state} ${row.source}`))).toEqual(
      new Set(['finished terrace']),
    )
    expect(of('geo')).toEqual(['2026-01-01', '2026-01-03'])
    expect(of('weather')).toEqual(['2026-01-01', '2026-01-03'])
    // The second of January has no rows.
    expect(of('fx')).toEqual(['2026-01-01', '2026-01-03', '2026-01-04'])
  })

  it('ask nothing again, and make no load of nothing', async () => {
    const before = await rows('select count(*) from dds.load')
    await shop.pool.query('update dds.load set questions_noted_at = null')
    const again = await lookUpAll({ loadIds: [] })
    expect(again.found).toEqual({ ...NOTHING, countEvents: 9 })
    expect(again.city.calls + again.weather.calls + again.rates.calls).toBe(0)
    expect(await rows('select count(*) from dds.load')).toEqual(before)
  })

  it('fill dds from the answers in raw when it is loaded anew', async () => {
    const tables = ['s_location_geo', 's_location_weather', 'ref_fx_rate']
    const contents = () =>
      Promise.all(
        tables.map((table) =>
          rows(`select to_jsonb(t) - 'load_dts' - 'load_id' as row from dds.${table} t order by 1`),
        ),
      )
    const before = await contents()
    for (const table of tables) await shop.pool.query(`delete from dds.${table}`)
    await shop.pool.query('update dds.load set questions_noted_at = null')
    const again = await lookUpAll({ loadIds: [] })
    expect(again.city).toMatchObject({ calls: 0, fromRaw: 2, rows: 2 })
    expect(again.weather).toMatchObject({ calls: 0, fromRaw: 3, rows: 3 })
    expect(again.rates).toMatchObject({ calls: 0, fromRaw: 3 })
    expect(await contents()).toEqual(before)
  })

  it('find the hours of a session whose place arrives after its events', async () => {
    const loads = await load([located('nowhere', '2026-01-04T01:00:00Z', ISTANBUL)])
    const { found } = await lookUpAll(loads)
    expect(found).toMatchObject({ countEvents: 1, geo: 0, weather: 2 })
    await finishLoads({ loads }, nextContext())
  })
})

describe('A provider that fails', () => {
  const places = Array.from({ length: 6 }, (_, n) => ({ lat: 40 + n, lon: 10 }))
  const found = { ...NOTHING, countEvents: 6 }
  let loads: Awaited<ReturnType<typeof load>>

  beforeAll(async () => {
    await openShop()
    loads = await load(places.map((place, n) => located(`s${n}`, '2026-01-01T10:00:00Z', place)))
    await findLookups({ loads }, nextContext())
  })
  afterAll(() => shop.close())

  it('is left alone after three failures in a row, and the load goes on', async () => {
    const context = nextContext()
    const down = {
      ...offlinePlaces,
      ask: async () => {
        throw new Error('connect ECONNREFUSED')
      },
    }
    const result = await lookUp(geo, down, { found }, context)
    expect(result).toEqual({ calls: 3, fromRaw: 0, rows: 0, pending: 6 })
    expect(context.logged[0]).toEqual({
      level: 'warning',
      message: 'offline gave no answer for 40.0,10.0: connect ECONNREFUSED',
    })
    const { finished } = await finishLoads({ loads }, nextContext())
    expect(finished).toEqual(loads.loadIds)
  })

  it('has its refusals kept as they were given, and what it refused asked again', async () => {
    const html = Buffer.from('<html>\xff\0', 'latin1')
    let asked = 0
    const busy = {
      ...offlinePlaces,
      ask: async (...question: Parameters<typeof offlinePlaces.ask>) => {
        asked += 1
        return asked === 2 ? { status: 429, body: html } : offlinePlaces.ask(...question)
      },
    }
    expect(await lookUp(geo, busy, { found }, nextContext())).toMatchObject({
      calls: 6,
      pending: 1,
    })
    expect(
      await rows('select request_key, body from raw.api_responses where status = 429'),
    ).toEqual([{ request_key: '41.0,10.0', body: html }])
    expect(await getRandomCity({ found }, nextContext())).toEqual({
      calls: 1,
      fromRaw: 0,
      rows: 1,
      pending: 0,
    })
  })

  it('is asked no more by an attempt that is ended, and what it has answered is kept', async () => {
    await shop.pool.query('truncate raw.api_responses, dds.s_location_geo')
    await shop.pool.query('update dds.load set questions_noted_at = null')
    await findLookups({ loads }, nextContext())
    const ending = new AbortController()
    let asked = 0
    const provider = {
      ...offlinePlaces,
      ask: async (...question: Parameters<typeof offlinePlaces.ask>) => {
        asked += 1
        if (asked === 4) ending.abort(new Error('the worker drains'))
        question[1].throwIfAborted()
        return offlinePlaces.ask(...question)
      },
    }
    const context = nextContext({ signal: ending.signal })
    await expect(lookUp(geo, provider, { found }, context)).rejects.toThrow('the worker drains')
    expect(asked).toBe(4)
    expect(await rows('select request_key from raw.api_responses')).toHaveLength(3)
    expect(await getRandomCity({ found }, nextContext())).toMatchObject({ calls: 3, pending: 0 })
  })

  it('leaves nothing of an attempt that has lost its lease', async () => {
    const fence = { taskInstanceId: '00000000-0000-7000-8000-00000000ffff', value: 2 }
    await shop.pool.query('update dds.load set questions_noted_at = null')
    await shop.pool.query('delete from dds.s_location_geo')
    await findLookups({ loads }, nextContext({ fence }))
    const stale = nextContext({ fence: { ...fence, value: 1 } })
    await expect(getRandomCity({ found }, stale)).rejects.toThrow('lost its lease')
    expect(await rows('select * from dds.s_location_geo')).toEqual([])
  })
})

describe('A rate that comes late', () => {
  beforeAll(openShop)
  afterAll(() => shop.close())

  it('reopens the days with rows up to the next one of its currency, not of any', async () => {
    await load([viewed('s1', '2026-01-04T10:00:00Z'), viewed('s1', '2026-01-06T10:00:00Z')])
    const answer = async (day: string, quote: string) => {
      const { rows: told } = await shop.pool.query(await sqlFile('dds/enrich/answer_fx.sql'), [
        'test',
        [day],
        [null],
        [quote],
        ['2'],
      ])
      return told[0].load_id
    }
    await answer('2026-01-05', 'EUR')
    const loadId = await answer('2026-01-03', 'TRY')
    const days = await rows(
      `select day::text from dds.load_day where load_id = ${loadId} order by day`,
    )
    expect(days.map(({ day }) => day)).toEqual(['2026-01-04', '2026-01-06'])
  })
})
