// From the topic to the marts with stand-ins for the three APIs: down, then well, then with too few
// calls left. Times are the test's own, because weather is captured while it lasts.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ddsToClickhouse from '../../dags/dds_to_clickhouse.ts'
import liveEnrichment from '../../dags/live_enrichment.ts'
import rawToDds from '../../dags/raw_to_dds.ts'
import type { Dag } from '../../orchestrator/sdk/index.ts'
import {
  checkLoads,
  cleanAndValidate,
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../../tasks/dds/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
  hasLiveQuestions,
  tellMarts,
  wakeLiveEnrichment,
} from '../../tasks/enrich/index.ts'
import { HTML } from '../support/outer-apis/faults.ts'
import {
  OPENEXCHANGERATES_APP_ID,
  rates,
  ratesOf,
} from '../support/outer-apis/open-exchange-rates.ts'
import { OPENWEATHER_KEY, weatherNow, weatherOf } from '../support/outer-apis/open-weather.ts'
import { cityOf, POSITIONSTACK_KEY, reversePlace } from '../support/outer-apis/positionstack.ts'
import { type StandIn, startStandIn } from '../support/outer-apis/stand-in.ts'
import { checksum } from './mart-rows.ts'
import { type MartsStore, openMartsStore } from './marts-store.ts'
import { eventId, type Kind, sampleEvent } from './sample-events.ts'
import { landTopic, loadMarts, nextContext, type TestWarehouse } from './warehouse.ts'

const MINUTE = 60_000
const NOW = Date.now()
/** In an hour that weather can be asked for, and in one that is long over. */
const RECENT = NOW - 10 * MINUTE
const YESTERDAY = NOW - 26 * 60 * MINUTE
const PLACES = [
  { lat: 41.01, lon: 28.98, rounded: [41, 29], currency: 'TRY' },
  { lat: 59.33, lon: 18.07, rounded: [59.3, 18.1], currency: 'SEK' },
  { lat: -70, lon: 2, rounded: [-70, 2], currency: 'EUR' },
] as const
const SESSIONS = 24
const VIEWS = 8

let store: MartsStore
let shop: TestWarehouse
let apis: { geo: StandIn; fx: StandIn; weather: StandIn }
let environment: NodeJS.ProcessEnv
const said: string[] = []

beforeAll(async () => {
  store = await openMartsStore()
  shop = await store.freshShop()
  await shop.log.ensureTopics([{ topic: 'user_events', partitions: 1 }])
  apis = {
    geo: await startStandIn(reversePlace),
    fx: await startStandIn(rates),
    weather: await startStandIn(weatherNow),
  }
  environment = process.env
  process.env = {
    ...environment,
    POSITIONSTACK_KEY,
    CURRENCY_API: OPENEXCHANGERATES_APP_ID,
    WEATHER_API_KEY: OPENWEATHER_KEY,
    POSITIONSTACK_URL: apis.geo.url,
    OPENEXCHANGERATES_URL: `${apis.fx.url}/`,
    OPENWEATHER_URL: apis.weather.url,
    OPENWEATHER_CALLS_PER_MINUTE: '6000',
    OUTER_API_TIMEOUT_SECONDS: '0.3',
    REPORTING_CURRENCY: 'EUR',
  }
})
afterAll(async () => {
  process.env = environment
  await Promise.all(Object.values(apis).map((api) => api.close()))
  await shop.close()
  await store.close()
})

const counted = () => Object.values(apis).map(({ asked }) => asked.length)

function contextThatTells() {
  const context = nextContext()
  const { log } = context
  for (const level of ['info', 'warning', 'error'] as const) {
    const write = log[level]
    log[level] = (message, fields) => {
      said.push(`${level} ${message} ${JSON.stringify(fields)}`)
      write(message, fields)
    }
  }
  return context
}

/** What customers did: in each session a place, views, and an order that is paid in its currency. */
async function send(): Promise<number> {
  let sent = 0
  const messages: object[] = []
  const push = (kind: Kind, at: number, payload: object) => {
    sent += 1
    const when = new Date(at).toISOString()
    messages.push({ ...sampleEvent(kind, sent, { at: when, payload: { ...payload } }) })
  }
  for (let n = 0; n < SESSIONS; n++) {
    const { lat, lon, currency } = PLACES[n % PLACES.length]!
    const began = n < SESSIONS / 2 ? RECENT : YESTERDAY
    const ids = { session_id: `session-${n}`, user_id: `user-${n}` }
    const order_id = `order-${n}`
    push('session_start', began, ids)
    push('user_location', began, { ...ids, lat, lon })
    for (let view = 0; view < VIEWS; view++) push('view', began + view, ids)
    push('order', began + 100, { ...ids, order_id, currency, cost: 25 })
    push('order_item', began + 100, { order_id })
    const at = new Date(began + 200).toISOString()
    push('order_status', began + 200, { order_id, status: 'CLOSED', at })
  }
  await shop.log.append(
    'user_events',
    messages.map((message, n) => ({
      key: eventId(n),
      value: Buffer.from(JSON.stringify(message)),
      headers: { source: 'terrace' },
    })),
  )
  return sent
}

/** kafka_to_raw, raw_to_dds and dds_to_clickhouse. */
async function runBaseLoad() {
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
  await checkLoads({ loads }, nextContext())
  const found = await findLookups({ loads }, nextContext())
  await getRandomCity({ found }, nextContext())
  await getWeather({ found }, nextContext())
  await getCurrencyRates({ found }, nextContext())
  await finishLoads({ loads }, nextContext())
  await loadMarts()
  return found
}

/** live_enrichment, its tasks side by side as in the DAG. */
async function runLiveEnrichment() {
  const results = await Promise.all(
    [getRandomCity, getWeather, getCurrencyRates].map((task) =>
      task({ live: true }, contextThatTells()),
    ),
  )
  const [geo, weather, fx] = results
  return { results, geo: geo!, weather: weather!, fx: fx! }
}

/** Whatever waits has waited long enough. */
async function timePasses(): Promise<void> {
  await shop.pool.query(`update raw.api_state set paused_until = now() - interval '1 second'`)
  await shop.pool.query('update dds.lookup_question set next_try_at = now()')
}

const placesInMarts = () =>
  store.rows<{ city: string; country: string; weather: string }>(
    `select distinct city, country, weather from fct_event where event_type = 'view' order by all`,
  )

async function convertedLines() {
  const lines = await store.rows<Record<string, string>>(
    `select order_id, currency, toString(amount_reporting) as amount,
       toUnixTimestamp64Milli(ordered_at) as ordered_ms
     from fct_order_line order by order_id`,
  )
  return lines
}

/** 25 of a currency in EUR, at the digits that the stand-in sent for the day. */
function inEuro(currency: string, at: number): string {
  const day = new Date(at).toISOString().slice(0, 10)
  const today = new Date(NOW).toISOString().slice(0, 10)
  const digits = ratesOf(day < today ? day : 'latest')
  const scaled = (code: string) => {
    const [whole, part = ''] = digits[code]!.split('.')
    return BigInt(whole! + part.padEnd(10, '0'))
  }
  const [numerator, denominator] = [250_000n * scaled('EUR'), scaled(currency)]
  const rounded = (2n * numerator + denominator) / (2n * denominator)
  return `${rounded / 10_000n}.${String(rounded % 10_000n).padStart(4, '0')}`.replace(/\.?0+$/, '')
}

describe('The DAGs', () => {
  it('leave live APIs to live_enrichment, which wakes the marts when something is new', () => {
    const argsOf = ({ serialized }: Dag) => serialized.tasks.map(({ args }) => JSON.stringify(args))
    const outletsOf = ({ serialized }: Dag) => serialized.tasks.flatMap(({ outlets }) => outlets)
    const wokenBy = ({ serialized }: Dag) => serialized.schedule.assets
    expect(argsOf(rawToDds).filter((args) => args.includes('live'))).toEqual([])
    expect(argsOf(liveEnrichment).filter((args) => args === '{"live":true}')).toHaveLength(3)
    const [asset] = outletsOf(rawToDds)
    expect(asset).toBe('dds:user_events')
    expect(wokenBy(liveEnrichment)).toEqual({ asset: outletsOf(rawToDds).at(-1) })
    expect(JSON.stringify(wokenBy(ddsToClickhouse))).toContain(`"${outletsOf(liveEnrichment)[0]}"`)
  })
})

describe('With all three APIs down', () => {
  let events: number

  beforeAll(async () => {
    apis.geo.behave(() => ({ does: 'hang' }))
    apis.fx.behave(() => ({ status: 500, body: HTML }))
    apis.weather.behave(() => ({ does: 'drip' }))
    events = await send()
  })

  it('the base load asks none of them, and its marts have what is known', async () => {
    const found = await runBaseLoad()
    expect(found).toMatchObject({ countEvents: events, geo: 3, weather: 6, fx: 2 })
    expect(counted()).toEqual([0, 0, 0])
    // The hours of yesterday are unavailable for good; those of today are still to be asked.
    expect(await placesInMarts()).toEqual([
      { city: 'unknown', country: 'unknown', weather: 'unavailable' },
      { city: 'unknown', country: 'unknown', weather: 'unknown' },
    ])
    expect((await convertedLines()).map(({ amount }) => amount)).toEqual(
      (await convertedLines()).map(({ currency }) => (currency === 'EUR' ? '25' : null)),
    )
  })

  it('live enrichment is woken, ends within a bounded time, and leaves its questions', async () => {
    expect(await wakeLiveEnrichment({}, nextContext())).toEqual(['geo', 'weather', 'fx'])
    const began = performance.now()
    const { geo, weather, fx, results } = await runLiveEnrichment()
    // Three time limits of 0.3 s, and what the machine needs.
    expect(performance.now() - began).toBeLessThan(10_000)
    expect([geo, weather, fx]).toMatchObject([
      { calls: 3, pending: 3 },
      { calls: 3, pending: 3 },
      { calls: 2, pending: 2 },
    ])
    expect(() => tellMarts({ results })).toThrow('No answer is new')
  })

  it('a base load beside it goes on as before, and asks again in vain no more', async () => {
    const before = counted()
    expect(await runBaseLoad()).toMatchObject({ countEvents: 0 })
    expect(await hasLiveQuestions()).toBe(false)
    await expect(wakeLiveEnrichment({}, nextContext())).rejects.toThrow('No question waits')
    await runLiveEnrichment()
    expect(counted()).toEqual(before)
  })

  it('when they are well again, what is pending is filled in and the marts follow', async () => {
    apis.geo.behave(reversePlace)
    apis.fx.behave(rates)
    apis.weather.behave(weatherNow)
    await timePasses()
    expect(await hasLiveQuestions()).toBe(true)
    const { results, geo, weather, fx } = await runLiveEnrichment()
    expect([geo, weather, fx]).toMatchObject([
      { calls: 3, pending: 0 },
      { calls: 3, pending: 0 },
      { calls: 2, pending: 0 },
    ])
    expect(tellMarts({ results })).toBeGreaterThan(0)
    await loadMarts()
  })

  it('the marts say what the stand-ins answered', async () => {
    const expected = PLACES.flatMap(({ rounded: [lat, lon] }) => {
      const { city, country } =
        lat < -60 ? { city: 'unknown', country: 'unknown' } : cityOf(lat, lon)
      const { condition } = weatherOf(lat)
      return [
        { city, country, weather: condition },
        { city, country, weather: 'unavailable' },
      ]
    })
    const inOrder = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort()
    expect(inOrder(await placesInMarts())).toEqual(inOrder(expected))
    const degrees = await store.rows<{ city: string; degrees: number }>(
      `select city, round(any(mean_temperature_c), 2) as degrees from weather_impact
       where weather not in ('unavailable', 'unknown') group by city order by city`,
    )
    expect(degrees).toEqual(
      PLACES.map(({ rounded: [lat, lon] }) => ({
        city: lat < -60 ? 'unknown' : cityOf(lat, lon).city,
        degrees: weatherOf(lat).temperature,
      })).sort((a, b) => (a.city < b.city ? -1 : 1)),
    )
    const places = await store.rows<{ city: string; views: string }>(
      'select city, toString(sum(views)) as views from geo_analysis group by city order by city',
    )
    expect(places.map(({ views }) => Number(views))).toEqual(PLACES.map(() => 8 * VIEWS))
  })

  it('amounts are converted by the rates that the stand-in sent, to the last digit', async () => {
    const lines = await convertedLines()
    expect(lines).toHaveLength(SESSIONS)
    for (const { currency, amount, ordered_ms: ms } of lines) {
      expect({ currency, amount }).toEqual({ currency, amount: inEuro(currency!, Number(ms)) })
    }
  })

  it('calls were far fewer than events', async () => {
    const { rows } = await shop.pool.query(
      'select sum(count_calls)::int as calls, sum(count_failed)::int as failed from raw.api_month',
    )
    const { calls, failed } = rows[0]
    expect(calls).toBe(counted().reduce((sum, n) => sum + n, 0))
    console.log(
      `live enrichment: ${events} events, ${calls} calls (${failed} of them while the APIs were ` +
        `down), one call for ${(events / calls).toFixed(1)} events`,
    )
    expect(calls).toBeLessThan(events / 10)
  })

  it('the marts equal those built anew, and dds those filled anew from raw, without a call', async () => {
    const before = { sums: await checksum(store), calls: counted() }
    await loadMarts({ rebuild: 'all' })
    expect(await checksum(store)).toEqual(before.sums)
    await shop.pool.query('truncate dds.s_location_weather, dds.ref_fx_rate')
    await shop.pool.query(`delete from dds.s_location_geo where provider <> 'message'`)
    await shop.pool.query('update dds.load set questions_noted_at = null')
    await runBaseLoad()
    await loadMarts({ rebuild: 'all' })
    expect(await checksum(store)).toEqual(before.sums)
    expect(counted()).toEqual(before.calls)
  })

  it('no key stands in a log, in raw, or beside a question', async () => {
    const { rows } = await shop.pool.query(
      `select convert_from(body, 'UTF8') as text from raw.api_responses
       union all select last_problem from raw.api_state
       union all select last_problem from dds.lookup_question`,
    )
    const told = JSON.stringify([said, rows])
    expect(said.join('\n')).toContain('positionstack: 6 of 100 calls of this month, ready')
    for (const key of [POSITIONSTACK_KEY, OPENEXCHANGERATES_APP_ID, OPENWEATHER_KEY]) {
      expect(told).not.toContain(key)
    }
  })
})

describe('With fewer calls left than questions', () => {
  const lines = () => said.join('\n')

  it('the quota goes to the most visited places, the rest waits, and the log says so', async () => {
    await shop.pool.query('truncate raw.api_month, raw.api_state, raw.api_responses')
    process.env.POSITIONSTACK_MONTHLY_CALLS = '2'
    apis.geo.asked.length = 0
    await shop.pool.query(
      `insert into dds.lookup_question (kind, question)
       select 'geo', n || '.0,15.0' from generate_series(30, 34) as n`,
    )
    await shop.pool.query(
      `insert into dds.lookup_question (kind, question) values ('geo', '41.0,29.0')`,
    )
    const { geo } = await runLiveEnrichment()
    expect(geo).toMatchObject({ calls: 2, pending: 4 })
    expect(apis.geo.asked.map(({ query }) => query.get('query'))).toEqual(['41,29', '30,15'])
    expect(lines()).toContain('is not asked: its 2 calls of this month are used up')
    expect(lines()).toContain('warning positionstack: 2 of 2 calls of this month, used_up')
    expect(await hasLiveQuestions()).toBe(false)
    await runLiveEnrichment()
    expect(apis.geo.asked).toHaveLength(2)
  })

  it('a larger plan goes on where the smaller one ended', async () => {
    process.env.POSITIONSTACK_MONTHLY_CALLS = '10000'
    expect((await runLiveEnrichment()).geo).toMatchObject({ calls: 4, pending: 0 })
  })

  it('without a key, what is pending is answered offline by the base load', async () => {
    delete process.env.POSITIONSTACK_KEY
    await shop.pool.query(
      `insert into dds.lookup_question (kind, question) values ('geo', '42.0,29.0')`,
    )
    await expect(wakeLiveEnrichment({}, nextContext())).rejects.toThrow('No question waits')
    await runBaseLoad()
    const { rows } = await shop.pool.query(
      `select provider from raw.api_responses where request_key = '42.0,29.0'`,
    )
    expect(rows).toEqual([{ provider: 'offline' }])
  })
})
