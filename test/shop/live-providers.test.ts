// Each live provider against its stand-in: what it reads of good answers, and that no bad one does
// more than leave its question pending.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CallLimits } from '../../connections/outer-api/call-ledger.ts'
import type { Lookup } from '../../tasks/enrich/answers.ts'
import { countryCode } from '../../tasks/enrich/country-codes.ts'
import { fx } from '../../tasks/enrich/get-currency-rates.ts'
import { geo } from '../../tasks/enrich/get-random-city.ts'
import { weather } from '../../tasks/enrich/get-weather.ts'
import { type ApiAccess, type LiveApi, live } from '../../tasks/enrich/live.ts'
import { lookUp } from '../../tasks/enrich/look-up.ts'
import { openExchangeRates } from '../../tasks/enrich/open-exchange-rates.ts'
import { conditionOf, openWeather } from '../../tasks/enrich/open-weather.ts'
import { positionstack } from '../../tasks/enrich/positionstack.ts'
import { FAULTS } from '../support/outer-apis/faults.ts'
import {
  OPENEXCHANGERATES_APP_ID,
  rates,
  ratesErrors,
  ratesOf,
} from '../support/outer-apis/open-exchange-rates.ts'
import {
  OPENWEATHER_KEY,
  weatherBody,
  weatherErrors,
  weatherNow,
} from '../support/outer-apis/open-weather.ts'
import {
  POSITIONSTACK_KEY,
  positionstackErrors,
  reversePlace,
} from '../support/outer-apis/positionstack.ts'
import {
  type AskedRequest,
  type Behaviour,
  type StandIn,
  startStandIn,
} from '../support/outer-apis/stand-in.ts'
import { nextContext, openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const TODAY = '2026-03-15'
const NOW = new Date(`${TODAY}T10:20:00Z`)
const HOUR = '2026-03-15T10:00Z'
const OTHER_DAY = '/api/historical/2026-03-09.json'
const NO_LIMITS: CallLimits = { callsPerMonth: null, callsPerMinute: null }

let shop: TestWarehouse
let server: StandIn

beforeAll(async () => {
  shop = await openTestWarehouse()
  server = await startStandIn(() => ({ body: {} }))
})
beforeEach(() => {
  server.asked.length = 0
})
afterEach(() =>
  shop.pool.query(
    `truncate raw.api_state, raw.api_month, raw.api_responses, dds.lookup_question,
       dds.ref_fx_rate, dds.s_location_geo, dds.s_location_weather`,
  ),
)
afterAll(async () => {
  await server.close()
  await shop.close()
})

const access = (key: string): ApiAccess => ({ url: server.url, key, timeoutMs: 300 })
const place = () => positionstack(access(POSITIONSTACK_KEY), NO_LIMITS)
const money = () => openExchangeRates(access(OPENEXCHANGERATES_APP_ID), NO_LIMITS, () => TODAY)
const sky = (limits = NO_LIMITS) => openWeather(access(OPENWEATHER_KEY), limits, () => NOW)

/** Asks one question, as a run of live_enrichment does. */
async function ask<Question, Answer>(
  lookup: Lookup<Question, Answer>,
  spoken: LiveApi<Question, Answer>,
  question: string,
  answer: (request: AskedRequest) => Behaviour,
) {
  server.behave(answer)
  await shop.pool.query(
    `insert into dds.lookup_question (kind, question) values ($1, $2)
     on conflict (kind, question) do update set next_try_at = now()`,
    [lookup.kind, question],
  )
  const context = nextContext()
  const provider = live(spoken, { db: shop.pool, until: performance.now() + 60_000 })
  const result = await lookUp(lookup, provider, { live: true }, context)
  return { result, logged: context.logged.map(({ message }) => message) }
}

async function rows(query: string) {
  return (await shop.pool.query(query)).rows
}

const pending = () =>
  rows(
    `select question, tries, last_problem,
       round(extract(epoch from next_try_at - clock_timestamp()) / 60)::int as minutes
     from dds.lookup_question order by 1`,
  )
const state = async () =>
  (
    await rows(
      `select failures_in_a_row as failures, last_problem as problem,
         round(extract(epoch from paused_until - clock_timestamp()))::int as pause
       from raw.api_state`,
    )
  )[0]

const SUBJECTS = {
  positionstack: {
    question: '41.0,29.0',
    ask: (answer: (request: AskedRequest) => Behaviour) => ask(geo, place(), '41.0,29.0', answer),
    good: reversePlace,
  },
  openexchangerates: {
    question: '2026-03-10',
    ask: (answer: (request: AskedRequest) => Behaviour) => ask(fx, money(), '2026-03-10', answer),
    good: rates,
  },
  openweather: {
    question: `41.0,29.0@${HOUR}`,
    ask: (answer: (request: AskedRequest) => Behaviour) =>
      ask(weather, sky(), `41.0,29.0@${HOUR}`, answer),
    good: (request: AskedRequest) => goodWeather(request),
  },
}

/** Measured at the test's own time. */
function goodWeather(request: AskedRequest): Behaviour {
  const reply = weatherNow(request)
  const [lat, lon] = ['lat', 'lon'].map((name) => Number(request.query.get(name)))
  return 'body' in reply && !('status' in reply)
    ? { body: weatherBody({ lat: lat!, lon: lon!, at: NOW }) }
    : reply
}

describe.each(Object.entries(SUBJECTS))('%s', (name, subject) => {
  it.each(Object.entries(FAULTS))(
    'answers %s: the question stays, the run ends well',
    async (_, fault) => {
      const { result, logged } = await subject.ask(() => fault)
      expect(result).toMatchObject({ calls: 1, rows: 0, pending: 1 })
      const [question] = await pending()
      expect(question).toMatchObject({ question: subject.question, tries: 1, minutes: 1 })
      expect(question.last_problem).toContain(name)
      expect((await state()).problem).toBe(question.last_problem)
      expect(await rows('select count_calls, count_failed from raw.api_month')).toEqual([
        { count_calls: 1, count_failed: 1 },
      ])
      const told = JSON.stringify([logged, await rows('select * from raw.api_responses')])
      expect(told).not.toContain('0123456789')
      expect(told).not.toMatch(/[\p{Cf}]/u)
    },
  )

  it('is asked again after a fault, and answers', async () => {
    await subject.ask(() => ({ status: 500, body: '' }))
    const { result } = await subject.ask(subject.good)
    expect(result).toMatchObject({ calls: 1, pending: 0 })
    expect(await state()).toMatchObject({ failures: 0, pause: null })
  })

  it('is left alone after three failures in a row', async () => {
    for (let n = 0; n < 3; n++) await subject.ask(() => ({ status: 500, body: '' }))
    const { result, logged } = await subject.ask(subject.good)
    expect(result).toMatchObject({ calls: 0, pending: 1 })
    expect(logged.join()).toMatch(`${name} is not asked: it is left alone until`)
    expect(server.asked).toHaveLength(3)
  })

  it('is left alone for as long as a Retry-After says', async () => {
    await subject.ask(() => ({ status: 503, headers: { 'retry-after': '34' }, body: '' }))
    expect((await state()).pause).toBe(34)
    const at = new Date(Date.now() + 90_000).toUTCString()
    await shop.pool.query('update raw.api_state set paused_until = null')
    await subject.ask(() => ({ status: 429, headers: { 'retry-after': at }, body: '' }))
    expect((await state()).pause).toBeGreaterThan(80)
    await subject.ask(subject.good)
    expect(server.asked).toHaveLength(2)
  })

  it('is left alone for half a day when it refuses the key', async () => {
    const { logged } = await subject.ask(() => ({ status: 401, body: '{}' }))
    expect((await state()).pause).toBe(43_200)
    expect(logged.join()).toContain(`terrace enrichment retry ${name}`)
  })
})

describe('Positionstack', () => {
  const reverse = (answer: (request: AskedRequest) => Behaviour) =>
    ask(geo, place(), '41.0,29.0', answer)
  const read = (body: unknown) =>
    place().read(Buffer.from(JSON.stringify(body)), { latitude: 41, longitude: 29 })

  it('is asked for one place', async () => {
    await reverse(reversePlace)
    const { path, query } = server.asked[0]!
    expect(path).toBe('/v1/reverse')
    expect(Object.fromEntries(query)).toEqual({
      query: '41,29',
      limit: '1',
      access_key: POSITIONSTACK_KEY,
    })
  })

  it('names the city as locality, and the country by three letters', () => {
    expect(
      read({ data: [{ name: '5th Avenue', locality: ' New York ', country_code: 'USA' }] }),
    ).toEqual({ city: 'New York', country: 'US' })
    expect(read({ data: [{ name: 'x', locality: null, country_code: 'SWE' }] })).toEqual({
      city: null,
      country: 'SE',
    })
    expect(read({ data: [{ locality: 'Pristina', country_code: 'XKX' }] })).toEqual({
      city: 'Pristina',
      country: null,
    })
  })

  it('knows no place at sea, and that is an answer', async () => {
    expect(read({ data: [] })).toBeNull()
    const { result } = await reverse(() => ({ body: { data: [] } }))
    expect(result).toMatchObject({ calls: 1, pending: 0 })
  })

  it('has the city of another place refused', async () => {
    const { result } = await reverse(() => ({
      body: { data: [{ latitude: 59.33, longitude: 18.07, locality: 'Stockholm' }] },
    }))
    expect(result).toMatchObject({ pending: 1 })
    expect(await pending()).toMatchObject([
      { last_problem: expect.stringContaining('answered for 59.33,18.07, not for 41,29') },
    ])
    expect(read({ data: [{ latitude: 41.3, longitude: 28.8, locality: 'Near' }] })).toMatchObject({
      city: 'Near',
    })
  })

  it('is refused where it names what is no text', () => {
    expect(() => read({ data: [{ locality: 'a\0b' }] })).toThrow('data.0.locality: is no text')
    expect(() => read({ data: [[]] })).toThrow('positionstack answered JSON of another shape')
  })

  it.each([
    ['wrongKey', 43_200, 1, '401: invalid_access_key'],
    ['otherShape', 43_200, 1, '401: 101 invalid_access_key'],
    ['plan', 43_200, 1, '403: function_access_restricted'],
    ['quota', 43_200, 1, '429: usage_limit_reached'],
    ['rate', 60, 1, '429: rate_limit_reached'],
    // Of the question: the API is well, the question waits a day.
    ['notFound', null, 1440, '404: 404_not_found'],
    ['refused', null, 1440, '422: validation_error'],
  ])('answers %s: a pause of %s s, the question in %s min', async (error, pause, minutes, said) => {
    await reverse(() => positionstackErrors[error]!)
    expect(await state()).toMatchObject({ pause, problem: expect.stringContaining(said) })
    expect(await pending()).toMatchObject([{ minutes }])
    expect(await rows('select status from raw.api_responses')).toHaveLength(1)
  })

  it('is asked the other questions when it refuses one', async () => {
    const refusing = (request: AskedRequest): Behaviour =>
      request.query.get('query') === '41,29' ? positionstackErrors.refused! : reversePlace(request)
    for (const n of [1, 2, 3, 4]) {
      await shop.pool.query(`insert into dds.lookup_question values ('geo', $1)`, [`4${n}.0,10.0`])
    }
    expect((await reverse(refusing)).result).toMatchObject({ calls: 5, pending: 1 })
  })
})

describe('Open Exchange Rates', () => {
  const today = (request: AskedRequest) => rates(request, TODAY)

  it('is asked by date for a day gone by, and for the latest today', async () => {
    await ask(fx, money(), '2026-03-10', rates)
    await ask(fx, money(), TODAY, today)
    expect(server.asked.map(({ path }) => path)).toEqual([
      '/api/historical/2026-03-10.json',
      '/api/latest.json',
    ])
    expect(await rows('select distinct rate_date from dds.ref_fx_rate order by 1')).toHaveLength(2)
  })

  it('has rates of another day refused, and the question asked again', async () => {
    const other = (request: AskedRequest) => rates({ ...request, path: OTHER_DAY })
    await ask(fx, money(), '2026-03-10', other)
    expect(await pending()).toMatchObject([
      {
        question: '2026-03-10',
        minutes: 1440,
        last_problem:
          'openexchangerates answered with rates of 2026-03-09T23:00:00.000Z, not of 2026-03-10',
      },
    ])
    expect(await rows('select * from dds.ref_fx_rate')).toEqual([])
    const { result } = await ask(fx, money(), '2026-03-10', rates)
    expect(result).toMatchObject({ pending: 0 })
  })

  it('has rates of another day left alone that raw has kept from before', async () => {
    await ask(fx, money(), '2026-03-09', rates)
    await shop.pool.query(`update raw.api_responses set request_key = '2026-03-10'`)
    await shop.pool.query('delete from dds.ref_fx_rate')
    const { result } = await ask(fx, money(), '2026-03-10', rates)
    expect(result).toMatchObject({ calls: 1, fromRaw: 0, pending: 0 })
  })

  it('is asked again in a minute when the latest are still those of yesterday', async () => {
    await ask(fx, money(), TODAY, (request) => rates(request, '2026-03-14'))
    expect(await pending()).toMatchObject([{ question: TODAY, minutes: 1 }])
    expect(await rows('select * from dds.ref_fx_rate')).toEqual([])
  })

  it('is not asked for a day that has not come', async () => {
    const { result } = await ask(fx, money(), '2099-01-01', rates)
    expect(result).toMatchObject({ calls: 0, pending: 1 })
  })

  it('has its digits kept as they were sent, and what is no currency left out', async () => {
    await ask(fx, money(), '2026-03-10', rates)
    const kept = await rows(
      'select quote, trim_scale(rate)::text as rate, provider from dds.ref_fx_rate order by 1',
    )
    const sent = Object.entries({ ...ratesOf('2026-03-10'), USD: '1' }).sort()
    expect(kept).toEqual(
      sent.map(([quote, rate]) => ({
        quote,
        rate: rate.replace(/(\.\d*?)0+$/, '$1'),
        provider: 'openexchangerates',
      })),
    )
  })

  it('sends nothing again that has not changed: the former answer is read anew', async () => {
    await ask(fx, money(), TODAY, today)
    await shop.pool.query('delete from dds.ref_fx_rate')
    await shop.pool.query(`update raw.api_responses set request_key = 'another'`)
    await ask(fx, money(), TODAY, today)
    expect(server.asked.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      '"of-latest"',
    ])
    const bodies = await rows('select distinct body, status, etag from raw.api_responses')
    expect(bodies).toMatchObject([{ status: 200, etag: '"of-latest"' }])
    expect(await rows('select distinct rate_date from dds.ref_fx_rate order by 1')).toHaveLength(1)
  })

  it.each([
    ['wrongKey', 43_200, 1],
    ['noKey', 43_200, 1],
    ['restricted', 43_200, 1],
    // Too many, or not in the plan: it says the same, and no hour makes a plan larger.
    ['plan', 43_200, 1],
    ['refused', null, 1440],
    ['notFound', null, 1440],
  ])('answers %s: a pause of %s s, the question in %s min', async (error, pause, minutes) => {
    await ask(fx, money(), '2026-03-10', () => ratesErrors[error]!)
    expect((await state()).pause).toBe(pause)
    expect(await pending()).toMatchObject([{ minutes }])
  })
})

describe('OpenWeather', () => {
  const askWeather = (body: object, question = `41.0,29.0@${HOUR}`) =>
    ask(weather, sky(), question, () => ({ body }))
  const sent = () => weatherBody({ lat: 41, lon: 29, at: NOW })

  it('has the weather of another place refused', async () => {
    await askWeather({ ...sent(), coord: { lat: -41, lon: 29 } })
    expect(await pending()).toMatchObject([
      { last_problem: expect.stringContaining('answered for -41,29, not for 41,29') },
    ])
  })

  it('is asked in degrees Celsius for the place', async () => {
    await ask(weather, sky(), `41.0,-29.5@${HOUR}`, goodWeather)
    const { path, query } = server.asked[0]!
    expect(path).toBe('/data/2.5/weather')
    expect(Object.fromEntries(query)).toEqual({
      lat: '41',
      lon: '-29.5',
      units: 'metric',
      appid: OPENWEATHER_KEY,
    })
  })

  it.each([
    [211, 'storm'],
    [300, 'rain'],
    [501, 'rain'],
    [511, 'rain'],
    [601, 'snow'],
    [741, 'fog'],
    [781, 'storm'],
    [800, 'clear'],
    [804, 'clouds'],
  ])('calls %i %s', (id, condition) => {
    expect(conditionOf(id)).toBe(condition)
  })

  it('may write its cod as text, and leave out what there is none of', async () => {
    const { weather: phenomena, main, dt } = sent()
    const few = { weather: phenomena, main: { temp: main.temp }, dt, cod: '200' }
    expect((await askWeather(few)).result).toMatchObject({ calls: 1, pending: 0 })
  })

  it('is not asked for an hour that is long over: that is unavailable, whatever the API does', async () => {
    await shop.pool.query(
      `insert into dds.h_location (location_hk, source, location_id, latitude, longitude,
         load_id, load_dts, record_source)
       values (dds.hash_key('terrace', '41.0,29.0'), 'terrace', '41.0,29.0', 41, 29, 0, now(), 'test')
       on conflict do nothing`,
    )
    const { result } = await ask(weather, sky(), '41.0,29.0@2026-03-15T08:00Z', () => ({
      does: 'hang',
    }))
    expect(result).toEqual({ calls: 0, fromRaw: 0, rows: 1, pending: 0 })
    expect(await rows('select condition, provider from dds.s_location_weather')).toEqual([
      { condition: 'unavailable', provider: 'openweather' },
    ])
    expect(server.asked).toEqual([])
  })

  it('is refused where it measured hours ago', async () => {
    const old = weatherBody({ lat: 41, lon: 29, at: new Date('2026-03-15T08:00:00Z') })
    const { logged } = await askWeather(old)
    expect(logged.join()).toContain('the weather of 2026-03-15T08:00:00.000Z, not of the hour')
    expect(await state()).toMatchObject({ failures: 0, pause: null })
  })

  it.each([
    ['temperatures that are none', { main: { temp: 999 } }],
    ['no phenomenon', { weather: [] }],
    ['an id that it does not have', { weather: [{ id: 100 }] }],
  ])('is refused with %s', async (_, change) => {
    expect((await askWeather({ ...sent(), ...change })).result.pending).toBe(1)
  })

  it.each([
    ['wrongKey', 43_200, 1],
    ['rate', 60, 1],
    ['down', null, 1],
    ['notFound', null, 1440],
    ['refused', null, 1440],
    ['errorWith200', null, 1440],
  ])('answers %s: a pause of %s s, the question in %s min', async (error, pause, minutes) => {
    await ask(weather, sky(), `41.0,29.0@${HOUR}`, () => weatherErrors[error]!)
    expect((await state()).pause).toBe(pause)
    expect(await pending()).toMatchObject([{ minutes }])
  })
})

describe('A country code', () => {
  it('of three letters has two', () => {
    expect(['TUR', 'swe', 'DE', 'gbr', 'XKX', '', 'QQ'].map(countryCode)).toEqual([
      'TR',
      'SE',
      'DE',
      'GB',
      null,
      null,
      null,
    ])
  })
})
