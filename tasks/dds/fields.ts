// Typed reads of the members of a message: each returns a value that every later layer can hold, or
// rejects with the path of the field, what was found and what is allowed.

import { quoted, Rejection, type RejectionReason } from './rejection.ts'
import { canonicalJson, ExactNumber, type StrictJson, type StrictObject } from './strict-json.ts'

// Not seen, but part of the id: format and default-ignorable characters, line separators, controls.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\u2800]/u
const MAX_ID = 200
const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6})\d*)?(Z|[+-]\d{2}:?\d{2})?$/
// Minor units of the currencies that shops of ours sell in; others are unknown.
const MINOR_UNITS: Record<string, number> = {
  EUR: 2,
  USD: 2,
  GBP: 2,
  CHF: 2,
  TRY: 2,
  SEK: 2,
  NOK: 2,
  DKK: 2,
  PLN: 2,
  CZK: 2,
  RUB: 2,
  UAH: 2,
  KZT: 2,
  CNY: 2,
  INR: 2,
  CAD: 2,
  AUD: 2,
  BRL: 2,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  BHD: 3,
}

export interface FieldReader {
  object(key: string): FieldReader
  text(key: string, maxLength?: number): string
  optionalText(key: string, maxLength?: number): string | null
  id(key: string): string
  optionalId(key: string): string | null
  oneOf<T extends string>(key: string, allowed: readonly T[]): T
  integer(key: string): number
  /** Digits as numeric(20,4) takes them without rounding. */
  price(key: string, currency: string): string
  currency(key: string): string
  quantity(key: string): number
  /** ISO 8601 in UTC with microseconds. */
  time(key: string, latest: Date): string
  date(key: string, latest: Date): string | null
  /** The object itself as JSON, its numbers exact. */
  readonly json: string
}

export function readFields(members: StrictObject, path = ''): FieldReader {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`)
  const reject = (
    key: string,
    reason: RejectionReason,
    found: StrictJson | undefined,
    allowed: string,
  ): never => {
    const shown = found === undefined ? 'nothing' : quoted(canonicalJson(found))
    throw new Rejection(reason, `${at(key)}: found ${shown}, ${allowed}.`)
  }
  const required = (key: string): StrictJson => {
    const found = members.get(key)
    return found ?? reject(key, 'missing_field', found, 'a value is required')
  }
  const text = (key: string, maxLength = 1_000): string => {
    const found = required(key)
    if (typeof found !== 'string') return reject(key, 'wrong_type', found, 'a string is required')
    return found.length <= maxLength
      ? found
      : reject(key, 'string_too_long', found, `at most ${maxLength} characters are allowed`)
  }
  const number = (key: string): string => {
    const found = required(key)
    return found instanceof ExactNumber
      ? found.text
      : reject(key, 'wrong_type', found, 'a number is required')
  }
  const id = (key: string): string => {
    const found = text(key, MAX_ID).trim()
    if (found === '') return reject(key, 'empty_id', found, 'an id may not be empty')
    return INVISIBLE.test(found)
      ? reject(key, 'lookalike_id', JSON.stringify(found), 'an id may hold no invisible characters')
      : found
  }
  const isGiven = (key: string) => (members.get(key) ?? null) !== null

  const fields: FieldReader = {
    object(key) {
      const found = required(key)
      return found instanceof Map
        ? readFields(found, at(key))
        : reject(key, 'wrong_type', found, 'an object is required')
    },
    text,
    optionalText: (key, maxLength) => (isGiven(key) ? text(key, maxLength) : null),
    id,
    optionalId: (key) => (isGiven(key) ? id(key) : null),
    oneOf(key, allowed) {
      const found = text(key)
      return (
        allowed.find((value) => value === found) ??
        reject(key, 'bad_value', found, `allowed are ${allowed.join(', ')}`)
      )
    },
    integer(key) {
      const found = number(key)
      const value = Number(found)
      if (!/^-?\d+$/.test(found) || found === '-0') {
        return reject(key, 'wrong_type', found, 'a whole number is required')
      }
      return Number.isSafeInteger(value)
        ? value
        : reject(key, 'number_out_of_range', found, 'whole numbers up to 2^53 are allowed')
    },
    currency(key) {
      const found = text(key)
      return Object.hasOwn(MINOR_UNITS, found)
        ? found
        : reject(key, 'unknown_currency', found, 'an ISO 4217 code that the shop knows is required')
    },
    price(key, currency) {
      const found = number(key)
      if (found.startsWith('-')) return reject(key, 'negative_price', found, 'a price is 0 or more')
      if (!/^\d+(\.\d+)?$/.test(found)) {
        return reject(key, 'bad_value', found, 'a price is written without exponent')
      }
      const [whole = '', fraction = ''] = found.split('.')
      const units = MINOR_UNITS[currency] ?? 0
      if (fraction.replace(/0+$/, '').length > units) {
        return reject(key, 'too_many_decimals', found, `${currency} has ${units} decimals`)
      }
      return whole.length <= 15
        ? found
        : reject(
            key,
            'number_out_of_range',
            found,
            'a price has at most 15 digits before the point',
          )
    },
    quantity(key) {
      const found = fields.integer(key)
      return found >= 1 && found <= 1_000_000
        ? found
        : reject(key, 'bad_quantity', String(found), '1 to 1000000 are allowed')
    },
    time(key, latest) {
      const found = text(key, 64)
      const parts = TIME.exec(found)
      if (parts === null)
        return reject(key, 'bad_time', found, 'ISO 8601 with a year of four digits is required')
      const zone = parts[8]
      if (zone === undefined) {
        return reject(
          key,
          'time_without_zone',
          found,
          'this source declares no zone, so a time names its own',
        )
      }
      const milliseconds = instant(parts, zone)
      if (milliseconds === null)
        return reject(key, 'bad_time', found, 'there is no such date, time or zone')
      if (milliseconds < 0) return reject(key, 'before_1970', found, 'times begin with 1970')
      if (milliseconds > latest.getTime()) {
        return reject(
          key,
          'in_the_future',
          found,
          `the latest time allowed is ${latest.toISOString()}`,
        )
      }
      const fraction = (parts[7] ?? '').padEnd(6, '0')
      return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction}Z`
    },
    date(key, latest) {
      if (!isGiven(key)) return null
      const found = text(key, 64)
      const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(found)
      if (parts === null || !isDate(parts)) {
        return reject(key, 'bad_time', found, 'a date is written YYYY-MM-DD')
      }
      if (found < '1900-01-01') return reject(key, 'bad_time', found, 'dates begin with 1900')
      return found <= latest.toISOString().slice(0, 10)
        ? found
        : reject(key, 'in_the_future', found, 'the date is yet to come')
    },
    get json() {
      return canonicalJson(members)
    },
  }
  return fields
}

/** Date.UTC rolls 30 February over: only a date that comes back unchanged exists. */
function isDate([, year, month, day]: RegExpExecArray): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

function instant(parts: RegExpExecArray, zone: string): number | null {
  const [hour, minute, second] = [Number(parts[4]), Number(parts[5]), Number(parts[6])]
  if (!isDate(parts) || hour > 23 || minute > 59 || second > 59) return null
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? ['', '+', '0', '0']
  if (Number(hours) > 15 || Number(minutes) > 59) return null
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  const local = Date.UTC(
    Number(parts[1]),
    Number(parts[2]) - 1,
    Number(parts[3]),
    hour,
    minute,
    second,
  )
  return local - offset
}
