// The names that Postgres knows are those of the IANA database that it was built with.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { timezoneProblem } from '../../orchestrator/timetable/cron-expression.ts'
import { isIanaForm } from '../../orchestrator/timetable/zone-names.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const isKnownToIcu = (zone: string) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  } catch {
    return false
  }
}

describe('names of time zones', () => {
  let database: FreshDatabase
  let pool: Pool
  let iana: string[]
  beforeAll(async () => {
    database = await freshDatabase()
    pool = openPostgres(database.url, { max: 1 })
    const { rows } = await pool.query<{ name: string }>(
      `select name from pg_timezone_names
       where name not in ('Factory', 'localtime', 'posixrules') and name not like 'posix/%'`,
    )
    iana = rows.map(({ name }) => name)
  })
  afterAll(async () => {
    await pool.end()
    await database.drop()
  })

  test('of IANA are all taken, links included, as far as this Node has them', () => {
    expect(iana.length).toBeGreaterThan(500)
    expect(iana.filter((name) => !isIanaForm(name))).toEqual([])
    const known = iana.filter(isKnownToIcu)
    expect(known.length).toBeGreaterThan(500)
    expect(known.filter((name) => timezoneProblem(name) !== null)).toEqual([])
    for (const name of ['UTC', 'Etc/GMT+3', 'Asia/Calcutta', 'Asia/Kolkata', 'US/Eastern', 'EST'])
      expect([name, timezoneProblem(name)]).toEqual([name, null])
  })

  test('of ICU alone are refused, with the zone that was probably meant', () => {
    for (const zone of Intl.supportedValuesOf('timeZone'))
      expect([zone, isIanaForm(zone)]).toEqual([zone, true])
    const of = (...letters: string[]) => letters.flatMap((a) => letters.map((b) => a + b))
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
    const short = letters.flatMap((first) => of(...letters).map((rest) => first + rest))
    const taken = short.filter((name) => isIanaForm(name) && isKnownToIcu(name))
    expect(taken.filter((name) => !iana.includes(name))).toEqual([])
    expect(timezoneProblem('BST')).toEqual({
      problem: 'the time zone "BST" is no name of the IANA database',
      fix: 'You may mean "Europe/London" or "Asia/Dhaka"',
    })
  })

  test.each([
    ['IST', '"Asia/Kolkata" or'],
    ['EST5', '"EST" or "America/New_York"'],
    ['Istanbul', '"Europe/Istanbul"'],
    ['new york', '"America/New_York"'],
    ['Europe/Istambul', '"Europe/Istanbul"'],
    ['+03:00', '"Etc/GMT-3"'],
    ['UTC-5', '"Etc/GMT+5"'],
    ['SystemV/EST5', 'such as "UTC"'],
    ['Etc/Unknown', 'no name of the IANA database'],
    ['', 'such as "UTC"'],
    ['Pacific/Atlantis_City', 'use a newer Node'],
  ])('%j is refused with a word of help', (zone, help) => {
    const { problem, fix } = timezoneProblem(zone)!
    expect(`${problem}. ${fix}.`).toContain(help)
  })
})
