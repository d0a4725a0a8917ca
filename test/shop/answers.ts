// What providers answer about places, hours and dates: some of our own, told to dds as a look-up tells
// it (rows, and a finished load with the days that they reopen), and those of the offline providers.

import type { Pool } from '../../connections/postgres.ts'
import { nearestCity, ratesOn, weatherAt } from '../../generators/offline/index.ts'
import type { Answers } from './plain-shop.ts'

export const ANSWERS: Answers = {
  reportingCurrency: 'EUR',
  rates: ['2025-12-30', '2026-01-03'].flatMap((date, n) => [
    { date, currency: 'EUR', rate: n === 0 ? '0.92' : '0.9313' },
    { date, currency: 'TRY', rate: n === 0 ? '41.7' : '42.0000000001' },
    { date, currency: 'JPY', rate: n === 0 ? '151.23' : '149.5' },
  ]),
  cities: {
    '0.0,0.0': { city: null, country: null },
    '48.9,2.4': { city: 'Saint-Denis', country: 'FR' },
  },
  weather: Object.fromEntries(
    Array.from({ length: 24 * 6 }, (_, n) => {
      const hour = new Date(Date.UTC(2026, 0, 1, n)).toISOString()
      const condition = n % 3 === 0 ? 'snow' : 'fog'
      return [`59.3,18.1@${hour}`, { condition, temperature: n % 5 === 0 ? null : '-4.25' }]
    }),
  ),
}

/** Tells the answers; the days from the first to the last are reopened. */
export async function tellAnswers(
  pool: Pool,
  { rates, cities, weather }: Answers,
  [from, to]: [string, string],
): Promise<void> {
  for (const { date, currency, rate } of rates) {
    await pool.query(
      `insert into dds.ref_fx_rate (rate_date, base, quote, rate, provider, load_dts)
       values ($1, 'USD', $2, $3, 'test', now())
       on conflict do nothing`,
      [date, currency, rate],
    )
  }
  for (const [place, { city, country }] of Object.entries(cities)) {
    await pool.query(
      `insert into dds.s_location_geo (location_hk, applied_at, hash_diff, city, country, provider,
         load_id, load_dts, record_source)
       values (dds.hash_key('terrace', $1), '2020-01-01', dds.hash_diff($2, $3), $2, $3, 'test',
         0, now(), 'test')
       on conflict do nothing`,
      [place, city, country],
    )
  }
  const hours = Object.entries(weather)
  await pool.query(
    `insert into dds.s_location_weather (location_hk, applied_at, hash_diff, condition,
       temperature_c, provider, load_id, load_dts, record_source)
     select dds.hash_key('terrace', place), hour, dds.hash_diff(condition, degrees::text), condition,
       degrees, 'test', 0, now(), 'test'
     from unnest($1::text[], $2::timestamptz[], $3::text[], $4::numeric[])
       as answer (place, hour, condition, degrees)
     on conflict do nothing`,
    [
      hours.map(([key]) => key.split('@')[0]),
      hours.map(([key]) => key.split('@')[1]),
      hours.map(([, answer]) => answer.condition),
      hours.map(([, answer]) => answer.temperature),
    ],
  )
  await pool.query(
    `with told as (
       insert into dds.load (log_id, topic, ranges, state, rule_version, count_raw, count_staged,
         count_duplicates, count_quarantined, finished_at)
       values ('lookup', 'test', '[]', 'finished', 0, 0, 0, 0, 0, clock_timestamp())
       returning load_id
     )
     insert into dds.load_day (load_id, source, day)
     select load_id, 'terrace', day::date
     from told
     cross join generate_series($1::timestamp, $2::timestamp, interval '1 day') as series (day)`,
    [from, to],
  )
}

const HOUR = 3_600_000

/** What the offline providers answer about these places in all hours of so many days. */
export function offlineAnswers(places: readonly string[], start: string, days: number): Answers {
  const hours = Array.from({ length: days * 24 }, (_, n) => new Date(Date.parse(start) + n * HOUR))
  const dates = hours.filter((_, n) => n % 24 === 0).map((hour) => hour.toISOString().slice(0, 10))
  const answered = places.map((place) => {
    const [lat, lon] = place.split(',').map(Number) as [number, number]
    const city = nearestCity(lat, lon)
    const weather = hours.map((hour) => {
      const { condition, temperatureC } = weatherAt(lat, lon, hour) ?? {}
      const temperature = temperatureC === undefined ? null : String(temperatureC)
      const answer = { condition: condition ?? 'unavailable', temperature }
      return [`${place}@${hour.toISOString()}`, answer] as const
    })
    return { place, city: { city: city?.city ?? null, country: city?.country ?? null }, weather }
  })
  return {
    reportingCurrency: 'EUR',
    rates: dates.flatMap((date) =>
      Object.entries(ratesOn(date).rates).map(([currency, rate]) => ({ date, currency, rate })),
    ),
    cities: Object.fromEntries(answered.map(({ place, city }) => [place, city])),
    weather: Object.fromEntries(answered.flatMap(({ weather }) => weather)),
  }
}
