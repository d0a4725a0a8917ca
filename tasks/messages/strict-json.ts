// A strict JSON reader. JSON.parse changes integers beyond 2^53 and long decimals, and of a repeated
// key silently keeps the last; here numbers keep their digits, objects are Maps (so `__proto__` is
// only a key), and whatever Postgres' jsonb or a later reader would trip over is refused with a
// reason. Rejected: lossless-json, which keeps digits but not repeated keys, limits or positions.
//
// Every message passes through here, so it reads character codes, and strings without an escape are
// slices of the text: a third of the time that sticky regular expressions took.

import { quoted, Rejection } from './rejection.ts'

/** A number as it was written. */
export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type StrictJson = null | boolean | string | ExactNumber | StrictJson[] | StrictObject
export type StrictObject = Map<string, StrictJson>

export const LIMITS = { depth: 32, string: 16_384, array: 10_000, digits: 60, exponent: 60 }

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
const INT8_MAX = 9_223_372_036_854_775_807n
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const [SPACE, QUOTE, COMMA, COLON, BACKSLASH] = [0x20, 0x22, 0x2c, 0x3a, 0x5c]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]

/** Reads text that was decoded from UTF-8. @throws Rejection */
export function parseStrictJson(text: string): StrictJson {
  return new Reader(text).read()
}

class Reader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  read(): StrictJson {
    const result = this.value(0)
    this.skipSpace()
    if (this.at < this.text.length) this.fail('the end')
    return result
  }

  private value(depth: number): StrictJson {
    if (depth > LIMITS.depth) {
      throw new Rejection('too_deep', `Nested deeper than ${LIMITS.depth} levels.`)
    }
    this.skipSpace()
    switch (this.text.charCodeAt(this.at)) {
      case OPEN_OBJECT:
        return this.object(depth)
      case OPEN_ARRAY:
        return this.array(depth)
      case QUOTE:
        return this.string()
      default:
        return this.word('true', true) ?? this.word('false', false) ?? this.nullOrNumber()
    }
  }

  private word(word: string, meaning: boolean): boolean | undefined {
    if (!this.text.startsWith(word, this.at)) return undefined
    this.at += word.length
    return meaning
  }

  private nullOrNumber(): null | ExactNumber {
    if (this.text.startsWith('null', this.at)) {
      this.at += 4
      return null
    }
    NUMBER.lastIndex = this.at
    const digits = NUMBER.exec(this.text)?.[0]
    if (digits === undefined) return this.fail('a JSON value')
    this.at += digits.length
    return exactNumber(digits)
  }

  private object(depth: number): StrictObject {
    const members: StrictObject = new Map()
    if (this.isEmpty(CLOSE_OBJECT)) return members
    do {
      this.skipSpace()
      if (this.text.charCodeAt(this.at) !== QUOTE) this.fail('a key in double quotes')
      const key = this.string()
      if (FORBIDDEN_KEYS.has(key)) {
        throw new Rejection('forbidden_key', `Key ${quoted(key)} is not allowed.`)
      }
      if (members.has(key)) {
        throw new Rejection('duplicate_key', `Key ${quoted(key)} stands twice in one object.`)
      }
      this.skipSpace()
      if (this.text.charCodeAt(this.at) !== COLON) this.fail('":"')
      this.at += 1
      members.set(key, this.value(depth + 1))
      if (members.size > LIMITS.array) tooLong('An object')
    } while (this.hasMore(CLOSE_OBJECT, '"," or "}"'))
    return members
  }

  private array(depth: number): StrictJson[] {
    const items: StrictJson[] = []
    if (this.isEmpty(CLOSE_ARRAY)) return items
    do {
      items.push(this.value(depth + 1))
      if (items.length > LIMITS.array) tooLong('An array')
    } while (this.hasMore(CLOSE_ARRAY, '"," or "]"'))
    return items
  }

  /** Steps over the opening bracket, and over the closing one if it follows. */
  private isEmpty(close: number): boolean {
    this.at += 1
    this.skipSpace()
    if (this.text.charCodeAt(this.at) !== close) return false
    this.at += 1
    return true
  }

  /** After a member: a comma and more, or the closing bracket. */
  private hasMore(close: number, expected: string): boolean {
    this.skipSpace()
    const found = this.text.charCodeAt(this.at)
    if (found !== close && found !== COMMA) this.fail(expected)
    this.at += 1
    return found === COMMA
  }

  private string(): string {
    const start = this.at + 1
    const end = this.endOfPlain(start)
    this.at = end + 1
    const content =
      this.text.charCodeAt(end) === QUOTE
        ? this.text.slice(start, end)
        : this.escapedString(start, end)
    if (content.length > LIMITS.string) {
      throw new Rejection('string_too_long', `A string is longer than ${LIMITS.string} characters.`)
    }
    return content
  }

  /** Only an escape brings a NUL or half a surrogate pair into text that was UTF-8. */
  private escapedString(start: number, firstStop: number): string {
    let content = this.text.slice(start, firstStop)
    this.at = firstStop
    while (this.text.charCodeAt(this.at) !== QUOTE) {
      if (this.text.charCodeAt(this.at) !== BACKSLASH) {
        this.fail('a string without raw control characters, closed by a quote')
      }
      content += this.escape()
      const end = this.endOfPlain(this.at)
      content += this.text.slice(this.at, end)
      this.at = end
    }
    this.at += 1
    if (content.includes('\0')) {
      throw new Rejection('nul_character', `A string holds U+0000: ${quoted(content)}.`)
    }
    if (!content.isWellFormed()) {
      throw new Rejection(
        'lone_surrogate',
        `A string holds half a surrogate pair: ${quoted(content)}.`,
      )
    }
    return content
  }

  /** Where the next quote, backslash or control character stands, or the text ends. */
  private endOfPlain(from: number): number {
    const { text } = this
    let at = from
    while (at < text.length) {
      const code = text.charCodeAt(at)
      if (code === QUOTE || code === BACKSLASH || code < SPACE) break
      at += 1
    }
    return at
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? ''
    const hex = letter === 'u' ? this.text.slice(this.at + 2, this.at + 6) : ''
    if (/^[0-9a-fA-F]{4}$/.test(hex)) {
      this.at += 6
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const character = ESCAPES[letter]
    if (character === undefined) return this.fail('an escape that JSON knows')
    this.at += 2
    return character
  }

  private skipSpace(): void {
    const { text } = this
    while (true) {
      const code = text.charCodeAt(this.at)
      if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.at += 1
    }
  }

  private fail(expected: string): never {
    const found =
      this.at < this.text.length ? quoted(this.text.slice(this.at, this.at + 12)) : 'the end'
    throw new Rejection(
      'not_json',
      `At character ${this.at}: found ${found}, expected ${expected}.`,
    )
  }
}

function tooLong(what: string): never {
  throw new Rejection('array_too_long', `${what} holds more than ${LIMITS.array} members.`)
}

function exactNumber(text: string): ExactNumber {
  if (text.length <= 18 && !/[eE]/.test(text)) return new ExactNumber(text)
  const [mantissa, exponent = '0'] = text.toLowerCase().split('e') as [string, string?]
  if (
    mantissa.length > LIMITS.digits ||
    Math.abs(Number(exponent)) > LIMITS.exponent ||
    (/^-?\d+$/.test(text) && beyondInt8(text))
  ) {
    throw new Rejection(
      'number_out_of_range',
      `Number ${quoted(text)} is outside int8 and numeric.`,
    )
  }
  return new ExactNumber(text)
}

function beyondInt8(text: string): boolean {
  const number = BigInt(text)
  return number > INT8_MAX || number < -INT8_MAX - 1n
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON writes them as escapes.
const NEEDS_ESCAPE = /["\\\u0000-\u001f]/

/** One text per value whatever the order of its keys; valid JSON, numbers as they were written. */
export function canonicalJson(value: StrictJson): string {
  if (typeof value === 'string') {
    return NEEDS_ESCAPE.test(value) ? JSON.stringify(value) : `"${value}"`
  }
  if (value instanceof ExactNumber) return value.text
  if (value instanceof Map) return canonicalObject(value, canonicalJson)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  return String(value)
}

/** The same of an object some of whose members were written before. */
export function canonicalObject(
  members: StrictObject,
  write: (member: StrictJson, key: string) => string,
): string {
  let text = ''
  for (const key of [...members.keys()].sort()) {
    text += `${text === '' ? '{' : ','}${canonicalJson(key)}:${write(members.get(key)!, key)}`
  }
  return text === '' ? '{}' : `${text}}`
}
