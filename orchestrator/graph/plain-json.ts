// Copies a value that claims to be JSON, or says where it is not. Stricter than JSON.stringify,
// which turns NaN into null and a Date into text in silence, and than what `jsonb` would refuse
// only later: NUL and lone surrogates.

import type { Json } from './serialized-dag.ts'

export type NotJsonReason = 'not_json' | 'too_large'

export class NotJsonError extends Error {
  override readonly name = 'NotJsonError'
  readonly reason: NotJsonReason

  constructor(reason: NotJsonReason, message: string) {
    super(message)
    this.reason = reason
  }
}

export interface PlainJsonOptions {
  /** Names the value in the error: `args`, then `args.rows[2]`. */
  path: string
  maxBytes: number
  /** Gives the JSON for a value that stands for something else, or undefined. */
  replace?: (value: object) => Json | undefined
  /** Makes a string or a key storable; without it one that is not is refused. */
  text?: (text: string) => string
}

const MAX_DEPTH = 100

/** Keys whose value is undefined are left out, as in JSON.stringify; -0 becomes 0. */
export function plainJson(value: unknown, options: PlainJsonOptions): Json {
  const copy = new Copy(options).of(value, options.path, [])
  const bytes = Buffer.byteLength(JSON.stringify(copy))
  if (bytes > options.maxBytes) {
    throw new NotJsonError(
      'too_large',
      `${options.path} is ${bytes} bytes of JSON, more than ${options.maxBytes}`,
    )
  }
  return copy
}

class Copy {
  readonly #options: PlainJsonOptions

  constructor(options: PlainJsonOptions) {
    this.#options = options
  }

  of(value: unknown, path: string, parents: readonly object[]): Json {
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'string') return this.#text(value, path)
    if (typeof value === 'number') {
      if (Number.isFinite(value)) return value === 0 ? 0 : value
      throw refuse(path, `is ${value}`)
    }
    if (typeof value !== 'object') throw refuse(path, describe(value))

    const replaced = this.#options.replace?.(value)
    if (replaced !== undefined) return replaced
    if (parents.includes(value)) throw refuse(path, 'refers to an object that it is part of')
    if (parents.length >= MAX_DEPTH) {
      throw new NotJsonError('too_large', `${path} is nested deeper than ${MAX_DEPTH} levels`)
    }
    const inside = [...parents, value]
    if (Array.isArray(value)) {
      // Array.from, because map skips holes.
      return Array.from(value, (item: unknown, index) => this.of(item, `${path}[${index}]`, inside))
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      throw refuse(path, `is a ${value.constructor.name}, not a plain object`)
    }
    return this.#object(value, path, inside)
  }

  #object(value: object, path: string, inside: readonly object[]): Json {
    const copy: { [key: string]: Json } = {}
    for (const [key, inner] of Object.entries(value)) {
      if (key === '__proto__') throw refuse(path, 'has a key named __proto__')
      if (key === '$output') throw refuse(path, 'has a key named $output, which is reserved')
      if (inner !== undefined) {
        copy[this.#text(key, `a key of ${path}`)] = this.of(inner, `${path}.${key}`, inside)
      }
    }
    return copy
  }

  #text(given: string, path: string): string {
    const value = this.#options.text ? this.#options.text(given) : given
    if (value.includes('\0')) throw refuse(path, 'holds a NUL character')
    if (!value.isWellFormed()) throw refuse(path, 'holds half of a surrogate pair')
    return value
  }
}

function describe(value: unknown): string {
  return value === undefined ? 'is undefined' : `is a ${typeof value}`
}

function refuse(path: string, what: string): NotJsonError {
  return new NotJsonError('not_json', `${path} ${what}`)
}
