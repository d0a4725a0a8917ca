// Typed reads of the members of a message: each returns a value that every later layer can hold, or
// rejects with the path of the field, what was found and what is allowed.

import { MOST_MINOR_UNITS, minorUnits } from './money.ts'
import { Rejection, type RejectionReason, shortened } from './rejection.ts'
import { canonicalJson, ExactNumber, type StrictJson, type StrictObject } from './strict-json.ts'
import {
  readDate,
  readTime,
  readWallTime,
  type TimeProblem,
  type TimeRules,
  type WallFormat,
} from './times.ts'

// Not seen, but part of the id: format and default-ignorable characters, line separators, controls.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\u2800]/u
const PLAIN_ID = /^[!-~]+$/
const MAX_ID = 200
const DECIMAL = /^-?\d+(?:\.\d+)?$/

export class Fields {
  private readonly members: StrictObject
  private readonly path: string
  private readonly times: TimeRules
  /** Of a row that is a list: the name of each place in it. */
  private readonly names: readonly string[] | null

  constructor(
    members: StrictObject,
    times: TimeRules,
    path = '',
    names: readonly string[] | null = null,
  ) {
    this.members = members
    this.times = times
    this.path = path
    this.names = names
  }

  object(key: string): Fields {
    const found = this.required(key)
    return found instanceof Map
      ? new Fields(found, this.times, this.at(key))
      : this.reject(key, 'wrong_type', 'an object is required')
  }

  optionalObject(key: string): Fields | null {
    return this.isGiven(key) ? this.object(key) : null
  }

  /** The objects of a list, at least one. */
  objects(key: string): Fields[] {
    return this.list(key).map((item, index) =>
      item instanceof Map
        ? new Fields(item, this.times, `${this.at(key)}[${index}]`)
        : this.reject(key, 'wrong_type', 'a list of objects is required'),
    )
  }

  /**
   * The rows of a list, at least one, each a list itself: `[["tea", 2], ["rusk", 1]]`. Its places are read
   * by these names, and none may be left over.
   */
  rows(key: string, names: readonly string[]): Fields[] {
    return this.list(key).map((item, index) => {
      if (!Array.isArray(item) || item.length > names.length) {
        const allowed = `a list of rows is required, each a list of ${names.join(', ')}`
        return this.reject(key, 'wrong_type', allowed)
      }
      const members = new Map(item.map((value, place) => [names[place]!, value]))
      return new Fields(members, this.times, `${this.at(key)}[${index}]`, names)
    })
  }

  private list(key: string): StrictJson[] {
    const found = this.required(key)
    if (!Array.isArray(found)) return this.reject(key, 'wrong_type', 'a list is required')
    return found.length > 0 ? found : this.reject(key, 'empty_list', 'at least one is required')
  }

  text(key: string, maxLength = 1_000): string {
    const found = this.required(key)
    if (typeof found !== 'string') {
      return this.reject(key, 'wrong_type', 'a string is required')
    }
    return found.length <= maxLength
      ? found
      : this.reject(key, 'string_too_long', `at most ${maxLength} characters are allowed`)
  }

  optionalText(key: string, maxLength?: number): string | null {
    return this.isGiven(key) ? this.text(key, maxLength) : null
  }

  /** A business key as the vault keeps it: trimmed, in Unicode NFC, all of it visible. */
  id(key: string): string {
    const text = this.text(key, MAX_ID)
    if (PLAIN_ID.test(text)) return text
    const id = text.trim().normalize('NFC')
    if (id === '') return this.reject(key, 'empty_id', 'an id may not be empty')
    return INVISIBLE.test(id)
      ? this.reject(key, 'lookalike_id', 'an id may hold no invisible characters')
      : id
  }

  optionalId(key: string): string | null {
    return this.isGiven(key) ? this.id(key) : null
  }

  /** A business key that is sent as an integer, as decimal text. */
  integerId(key: string): string {
    const found = this.integer(key)
    return found >= 0
      ? String(found)
      : this.reject(key, 'bad_value', 'an id is a whole number, 0 or more')
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T {
    const found = this.text(key)
    return (
      allowed.find((value) => value === found) ??
      this.reject(key, 'bad_value', `allowed are ${allowed.join(', ')}`)
    )
  }

  /** ISO 3166-1 alpha-2, by its form. */
  optionalCountry(key: string): string | null {
    const found = this.optionalText(key)
    return found === null || /^[A-Z]{2}$/.test(found)
      ? found
      : this.reject(key, 'bad_value', 'a country is two capital letters, ISO 3166-1')
  }

  integer(key: string): number {
    const found = this.number(key)
    if (!/^-?\d+$/.test(found) || found === '-0') {
      return this.reject(key, 'wrong_type', 'a whole number is required')
    }
    const value = Number(found)
    return Number.isSafeInteger(value)
      ? value
      : this.reject(key, 'number_out_of_range', 'whole numbers up to 2^53 are allowed')
  }

  quantity(key: string, least: 0 | 1 = 1): number {
    const found = this.integer(key)
    return found >= least && found <= 1_000_000
      ? found
      : this.reject(key, 'bad_quantity', `${least} to 1000000 are allowed`)
  }

  lineNumber(key: string): number {
    const found = this.integer(key)
    return found >= 1 && found <= 100_000
      ? found
      : this.reject(key, 'bad_line_no', '1 to 100000 are allowed')
  }

  currency(key: string): string {
    const found = this.text(key)
    return minorUnits(found) !== null
      ? found
      : this.reject(key, 'unknown_currency', 'an ISO 4217 code that the shop knows is required')
  }

  /**
   * Digits as numeric(20,4) takes them without rounding. Without a currency, the decimals of the one
   * with the smallest unit are allowed.
   */
  price(key: string, currency?: string): string {
    return this.priceOf(key, this.number(key), currency)
  }

  /** The same of a price that is sent as a text, such as "12.50". */
  textPrice(key: string, currency?: string): string {
    return this.priceOf(key, this.text(key, 64), currency)
  }

  private priceOf(key: string, found: string, currency?: string): string {
    if (found.startsWith('-')) {
      return this.reject(key, 'negative_price', 'a price is 0 or more')
    }
    if (!DECIMAL.test(found)) {
      return this.reject(key, 'bad_value', 'a price is digits with a point, without exponent')
    }
    const units = currency === undefined ? MOST_MINOR_UNITS : (minorUnits(currency) ?? 0)
    if (decimals(found) > units) {
      const who = currency ?? 'a price'
      return this.reject(key, 'too_many_decimals', `${who} has at most ${units} decimals`)
    }
    return found.replace(/\..*$/, '').length <= 15
      ? found
      : this.reject(key, 'number_out_of_range', 'a price has at most 15 digits before the point')
  }

  optionalPrice(key: string, currency?: string): string | null {
    return this.isGiven(key) ? this.price(key, currency) : null
  }

  /** Degrees between -limit and limit. */
  degrees(key: string, limit: 90 | 180): string {
    const found = this.number(key)
    if (!DECIMAL.test(found)) {
      return this.reject(key, 'bad_value', 'degrees are written without exponent')
    }
    return Math.abs(Number(found)) <= limit
      ? found
      : this.reject(key, 'coordinate_out_of_range', `-${limit} to ${limit} are allowed`)
  }

  optionalTemperature(key: string): string | null {
    if (!this.isGiven(key)) return null
    const found = this.number(key)
    if (!DECIMAL.test(found)) {
      return this.reject(key, 'bad_value', 'degrees are written without exponent')
    }
    if (decimals(found) > 2) {
      return this.reject(key, 'too_many_decimals', 'degrees have at most 2 decimals')
    }
    return Math.abs(Number(found)) <= 100
      ? found
      : this.reject(key, 'number_out_of_range', '-100 to 100 degrees are allowed')
  }

  /** ISO 8601 in UTC with microseconds. */
  time(key: string): string {
    return this.timeOr(key, readTime(this.text(key, 64), this.times))
  }

  /** A time without a zone, on the wall of the source; ISO 8601 in UTC with microseconds. */
  wallTime(key: string, format: WallFormat): string {
    return this.timeOr(key, readWallTime(this.text(key, 64), format, this.times))
  }

  optionalTime(key: string): string | null {
    return this.isGiven(key) ? this.time(key) : null
  }

  optionalDate(key: string): string | null {
    return this.isGiven(key)
      ? this.timeOr(key, readDate(this.text(key, 64), this.times.latest))
      : null
  }

  /** The object itself as JSON, its numbers exact. */
  get json(): string {
    return canonicalJson(this.members)
  }

  private timeOr(key: string, read: string | TimeProblem): string {
    return typeof read === 'string' ? read : this.reject(key, read.reason, read.allowed)
  }

  private number(key: string): string {
    const found = this.required(key)
    return found instanceof ExactNumber
      ? found.text
      : this.reject(key, 'wrong_type', 'a number is required')
  }

  private required(key: string): StrictJson {
    const found = this.members.get(key)
    return found ?? this.reject(key, 'missing_field', 'a value is required')
  }

  private isGiven(key: string): boolean {
    return (this.members.get(key) ?? null) !== null
  }

  private at(key: string): string {
    if (this.names !== null) return `${this.path}[${this.names.indexOf(key)}]`
    return this.path === '' ? key : `${this.path}.${key}`
  }

  private reject(key: string, reason: RejectionReason, allowed: string): never {
    const found = this.members.get(key)
    // As it stands in the message: a number without quotes, a string with them.
    const shown = found === undefined ? 'nothing' : shortened(canonicalJson(found))
    throw new Rejection(reason, `${this.at(key)}: found ${shown}, ${allowed}.`)
  }
}

/** Zeros at the end say nothing. */
function decimals(digits: string): number {
  const point = digits.indexOf('.')
  return point === -1 ? 0 : digits.slice(point + 1).replace(/0+$/, '').length
}
