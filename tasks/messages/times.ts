// Times and dates as messages write them. Read by hand: Date rolls 30 February over into March, takes
// years of any length, and has no microseconds.

import type { RejectionReason } from './rejection.ts'
import { instantOf } from './wall-time.ts'

/** Why a text is no time, and what would be one. */
export interface TimeProblem {
  reason: RejectionReason
  allowed: string
}

/** What a source's times go by. */
export interface TimeRules {
  /** The first and the last time that a message may have. */
  oldest: Date
  latest: Date
  /** Of the clock that shows times without a zone. */
  zone: string
}

/** ClickHouse's days end with 2149-06-06; that one may be the next day in some zone. */
export const LAST_TIME = new Date('2149-06-04T23:59:59Z')

/** How a source writes the time on its wall: YYYY, MM, DD, hh, mm, ss, and `.f` for digits that may follow. */
export type WallFormat = string

interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  fraction: string
}

const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6})\d*)?(Z|[+-]\d{2}:?\d{2})?$/
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const NO_SUCH: TimeProblem = {
  reason: 'bad_time',
  allowed: 'there is no such date, time or zone',
}

/** A time that names its zone, as ISO 8601 in UTC with microseconds. */
export function readTime(text: string, rules: TimeRules): string | TimeProblem {
  const found = TIME.exec(text)
  if (found === null) {
    return { reason: 'bad_time', allowed: 'ISO 8601 with a year of four digits is required' }
  }
  const [, year, month, day, hour, minute, second, fraction = '', zone] = found
  if (zone === undefined) {
    return {
      reason: 'time_without_zone',
      allowed: 'the times of this source name their own zone',
    }
  }
  const parts = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction,
  }
  const offset = zoneOffset(zone)
  const wallMs = wallOf(parts)
  if (offset === null || wallMs === null) return NO_SUCH
  return withinBounds(wallMs - offset, fraction, rules)
}

/** A time on the wall of the source, as ISO 8601 in UTC with microseconds. */
export function readWallTime(
  text: string,
  format: WallFormat,
  rules: TimeRules,
): string | TimeProblem {
  const found = patternOf(format).exec(text)?.groups
  if (found === undefined) return { reason: 'bad_time', allowed: `a time is written ${format}` }
  const parts = {
    year: Number(found.YYYY),
    month: Number(found.MM),
    day: Number(found.DD),
    hour: Number(found.hh),
    minute: Number(found.mm),
    second: Number(found.ss ?? 0),
    fraction: found.f ?? '',
  }
  const wallMs = wallOf(parts)
  if (wallMs === null) return NO_SUCH
  return withinBounds(instantOf(wallMs, rules.zone), parts.fraction, rules)
}

/** YYYY-MM-DD, from 1900 on. */
export function readDate(text: string, latest: Date): string | TimeProblem {
  const parts = DATE.exec(text)
  if (parts === null || !isDate(Number(parts[1]), Number(parts[2]), Number(parts[3]))) {
    return { reason: 'bad_time', allowed: 'a date is written YYYY-MM-DD' }
  }
  if (text < '1900-01-01') return { reason: 'bad_time', allowed: 'dates begin with 1900' }
  return text <= latest.toISOString().slice(0, 10)
    ? text
    : { reason: 'in_the_future', allowed: 'the date is yet to come' }
}

function withinBounds(
  milliseconds: number,
  fraction: string,
  { oldest, latest }: TimeRules,
): string | TimeProblem {
  if (milliseconds < 0) return { reason: 'before_1970', allowed: 'times begin with 1970' }
  if (milliseconds < oldest.getTime()) {
    return {
      reason: 'too_old',
      allowed: `the oldest time of this source is ${oldest.toISOString()} (seeds/sources.json)`,
    }
  }
  if (milliseconds > latest.getTime()) {
    return {
      reason: 'in_the_future',
      allowed: `the latest time allowed is ${latest.toISOString()}`,
    }
  }
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`
}

/** As if the wall stood in UTC, without the fraction; null: there is no such date or time. */
function wallOf({ year, month, day, hour, minute, second }: Parts): number | null {
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return null
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function isDate(year: number, month: number, day: number): boolean {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = month === 2 && isLeapYear ? 29 : (DAYS[month - 1] ?? 0)
  return day >= 1 && day <= days
}

/** Milliseconds that the zone is ahead of UTC; null when there is no such zone. */
function zoneOffset(zone: string): number | null {
  if (zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 15 || minutes > 59) return null
  return (hours * 60 + minutes) * (zone.startsWith('-') ? -60_000 : 60_000)
}

const patterns = new Map<WallFormat, RegExp>()

function patternOf(format: WallFormat): RegExp {
  let pattern = patterns.get(format)
  if (pattern === undefined) {
    const source = format
      .replace(/[^A-Za-z0-9]/g, '\\$&')
      .replace('\\.f', '(?:\\.(?<f>\\d{1,6})\\d*)?')
      .replace(/YYYY|MM|DD|hh|mm|ss/g, (part) => `(?<${part}>\\d{${part.length}})`)
    pattern = new RegExp(`^${source}$`)
    patterns.set(format, pattern)
  }
  return pattern
}
