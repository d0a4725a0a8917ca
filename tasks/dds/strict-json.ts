// A strict JSON reader. JSON.parse changes integers beyond 2^53 and long decimals, and of a repeated
// key silently keeps the last; here numbers keep their digits, objects are Maps (so `__proto__` is
// only a key), and whatever Postgres' jsonb or a later reader would trip over is refused with a
// reason. Rejected: lossless-json, which keeps digits but not repeated keys, limits or positions.

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
const WHITE_SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// A run without quote, backslash or control character: almost always the whole string.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them unescaped.
const PLAIN = /[^"\\\u0000-\u001f]*/y
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
const WORDS: [string, StrictJson][] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

/** @throws Rejection */
export function parseStrictJson(text: string): StrictJson {
  let at = 0

  function fail(expected: string): never {
    const found = at < text.length ? quoted(text.slice(at, at + 12)) : 'the end'
    throw new Rejection('not_json', `At character ${at}: found ${found}, expected ${expected}.`)
  }

  function match(pattern: RegExp): string {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }

  function value(depth: number): StrictJson {
    if (depth > LIMITS.depth) {
      throw new Rejection('too_deep', `Nested deeper than ${LIMITS.depth} levels.`)
    }
    match(WHITE_SPACE)
    const first = text[at]
    if (first === '{') return object(depth)
    if (first === '[') return array(depth)
    if (first === '"') return string()
    for (const [word, meaning] of WORDS) {
      if (text.startsWith(word, at)) {
        at += word.length
        return meaning
      }
    }
    const digits = match(NUMBER)
    return digits === '' ? fail('a JSON value') : exactNumber(digits)
  }

  function object(depth: number): StrictObject {
    const members: StrictObject = new Map()
    at += 1
    match(WHITE_SPACE)
    if (text[at] === '}') {
      at += 1
      return members
    }
    while (true) {
      match(WHITE_SPACE)
      if (text[at] !== '"') fail('a key in double quotes')
      const key = string()
      if (FORBIDDEN_KEYS.has(key)) {
        throw new Rejection('forbidden_key', `Key ${quoted(key)} is not allowed.`)
      }
      if (members.has(key)) {
        throw new Rejection('duplicate_key', `Key ${quoted(key)} stands twice in one object.`)
      }
      match(WHITE_SPACE)
      if (text[at] !== ':') fail('":"')
      at += 1
      members.set(key, value(depth + 1))
      if (members.size > LIMITS.array) tooLong('An object')
      if (isEnd('}')) return members
    }
  }

  function array(depth: number): StrictJson[] {
    const items: StrictJson[] = []
    at += 1
    match(WHITE_SPACE)
    if (text[at] === ']') {
      at += 1
      return items
    }
    while (true) {
      items.push(value(depth + 1))
      if (items.length > LIMITS.array) tooLong('An array')
      if (isEnd(']')) return items
    }
  }

  /** After a member: the closing bracket, or a comma and more. */
  function isEnd(bracket: string): boolean {
    match(WHITE_SPACE)
    const found = text[at]
    if (found !== bracket && found !== ',') fail(`"," or "${bracket}"`)
    at += 1
    return found === bracket
  }

  function string(): string {
    at += 1
    let content = match(PLAIN)
    while (text[at] !== '"') {
      if (text[at] !== '\\') fail('a string without raw control characters, closed by a quote')
      content += escaped() + match(PLAIN)
    }
    at += 1
    if (content.length > LIMITS.string) {
      throw new Rejection('string_too_long', `A string is longer than ${LIMITS.string} characters.`)
    }
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

  function escaped(): string {
    const letter = text[at + 1] ?? ''
    const hex = letter === 'u' ? text.slice(at + 2, at + 6) : ''
    if (/^[0-9a-fA-F]{4}$/.test(hex)) {
      at += 6
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const character = ESCAPES[letter]
    if (character === undefined) fail('an escape that JSON knows')
    at += 2
    return character
  }

  const result = value(0)
  match(WHITE_SPACE)
  if (at < text.length) fail('the end')
  return result
}

function tooLong(what: string): never {
  throw new Rejection('array_too_long', `${what} holds more than ${LIMITS.array} members.`)
}

function exactNumber(text: string): ExactNumber {
  const [mantissa, exponent = '0'] = text.toLowerCase().split('e') as [string, string?]
  const isInteger = /^-?\d+$/.test(text)
  if (
    mantissa.length > LIMITS.digits ||
    Math.abs(Number(exponent)) > LIMITS.exponent ||
    (isInteger && text.length > 18 && beyondInt8(text))
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

/** One text per value whatever the order of its keys; valid JSON, numbers as they were written. */
export function canonicalJson(value: StrictJson): string {
  if (value instanceof ExactNumber) return value.text
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value instanceof Map) {
    const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`
  }
  return JSON.stringify(value)
}
