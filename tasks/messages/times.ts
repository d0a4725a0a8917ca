// Times and dates as messages write them. Read by hand: Date rolls 30 February over into March, takes
// years of any length, and has no microseconds.

import type { RejectionReason } from './rejection.ts'

/** Why a text is no time, and what would be one. */
export interface TimeProblem {
  reason: RejectionReason
  allowed: string
}

/** The first and the last time that a message may have. */
export interface TimeBounds {
  oldest: Date
  latest: Date
}

/** ClickHouse's days end with 2149-06-06; that one may be the next day in some zone. */
export const LAST_TIME = new Date('2149-06-04T23:59:59Z')

const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6})\d*)?(Z|[+-]\d{2}:?\d{2})?$/
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** ISO 8601 in UTC with microseconds. */
export function readTime(text: string, { oldest, latest }: TimeBounds): string | TimeProblem {
  const parts = TIME.exec(text)
  if (parts === null) {
    return { reason: 'bad_time', allowed: 'ISO 8601 with a year of four digits is required' }
  }
  const [, year, month, day, hour, minute, second, fraction = '', zone] = parts
  if (zone === undefined) {
    return {
      reason: 'time_without_zone',
      allowed: 'this source declares no zone, so a time names its own',
    }
  }
  const offset = zoneOffset(zone)
  if (
    offset === null ||
    !isDate(Number(year), Number(month), Number(day)) ||
    Number(hour) > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59
  ) {
    return { reason: 'bad_time', allowed: 'there is no such date, time or zone' }
  }
  const milliseconds =
    Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    ) - offset
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
