// Checks of single options of a DAG or task. Types are gone at run time, and DAG files may be
// JavaScript: every option is checked, and the error says which one, whose, and what is allowed.

import { NotJsonError, plainJson } from '../graph/plain-json.ts'
import type { Json } from '../graph/serialized-dag.ts'
import { DagDefinitionError, type DefinitionSubject } from './definition-error.ts'
import { type Duration, parseDuration } from './duration.ts'

// `.` and `..` are steps of a path: no client of HTTP sends them in a URL, however they are escaped.
const ID = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,200}$/
const MAX_INT = 2_147_483_647
const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$/

export class OptionChecks {
  readonly #subject: DefinitionSubject

  constructor(subject: DefinitionSubject) {
    this.#subject = subject
  }

  id(value: unknown, what: string): string {
    if (typeof value === 'string' && ID.test(value)) return value
    throw new DagDefinitionError(
      'bad_id',
      this.#subject,
      `${what} ${show(value)} is not allowed`,
      'Use 1 to 200 letters (A-Z, a-z), digits, "_", "." and "-", and neither "." nor ".." alone',
    )
  }

  integer(name: string, value: unknown, minimum: number): number {
    if (Number.isInteger(value) && Number(value) >= minimum && Number(value) <= MAX_INT) {
      return Number(value)
    }
    throw this.#bad(name, value, `Use a whole number of at least ${minimum}`)
  }

  share(name: string, value: unknown): number {
    if (typeof value === 'number' && value >= 0 && value <= 1) return value
    throw this.#bad(name, value, 'Use a number from 0 to 1')
  }

  flag(name: string, value: unknown): boolean {
    if (typeof value === 'boolean') return value
    throw this.#bad(name, value, 'Use true or false')
  }

  oneOf<Allowed extends string>(name: string, value: unknown, allowed: readonly Allowed[]) {
    const found = allowed.find((one) => one === value)
    if (found !== undefined) return found
    throw this.#bad(name, value, `Use one of ${allowed.join(', ')}`)
  }

  text(name: string, value: unknown): string | null {
    if (value === undefined || value === null) return null
    if (typeof value !== 'string') throw this.#bad(name, value, 'Use a string')
    return this.json(name, value, 65_536) as string
  }

  texts(name: string, value: unknown): string[] {
    if (value === undefined) return []
    const texts = this.json(name, value, 65_536)
    if (Array.isArray(texts) && texts.every((one) => typeof one === 'string' && one !== '')) {
      return [...new Set(texts as string[])]
    }
    throw this.#bad(name, value, 'Use a list of strings that are not empty')
  }

  duration(name: string, value: Duration): number {
    const parsed = parseDuration(value)
    if ('ms' in parsed) return parsed.ms
    throw new DagDefinitionError(
      'bad_duration',
      this.#subject,
      `${name}: ${parsed.problem}`,
      parsed.fix,
    )
  }

  /** A time limit: null is none, and 0 would end everything at once. */
  limit(name: string, value: Duration | null | undefined): number | null {
    if (value === undefined || value === null) return null
    const ms = this.duration(name, value)
    if (ms > 0) return ms
    throw new DagDefinitionError(
      'bad_duration',
      this.#subject,
      `${name} is 0`,
      'Use a longer duration, or null for no limit',
    )
  }

  date(name: string, value: string | Date | undefined): string | null {
    if (value === undefined || value === null) return null
    const date = typeof value === 'string' ? fromIso(value) : value
    if (date instanceof Date && !Number.isNaN(date.getTime())) return date.toISOString()
    throw new DagDefinitionError(
      'bad_date',
      this.#subject,
      `${name} ${show(value)} is not a date`,
      'Use ISO 8601, such as "2026-01-31" or "2026-01-31T06:00:00+03:00"; UTC unless it has an offset',
    )
  }

  json(
    name: string,
    value: unknown,
    maxBytes: number,
    replace?: (value: object) => Json | undefined,
  ) {
    try {
      return plainJson(value, { path: name, maxBytes, ...(replace && { replace }) })
    } catch (error) {
      if (!(error instanceof NotJsonError)) throw error
      const fix =
        error.reason === 'too_large'
          ? 'Keep the data in a file or a store and pass its name'
          : 'Use strings, finite numbers, booleans, null, arrays, plain objects and task references'
      throw new DagDefinitionError(error.reason, this.#subject, error.message, fix, {
        cause: error,
      })
    }
  }

  record(name: string, value: unknown, maxBytes: number): { [key: string]: Json } {
    const json = this.json(name, value, maxBytes)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
    throw this.#bad(name, value, 'Use a plain object')
  }

  known(what: string, options: object, allowed: readonly string[]): void {
    for (const key of Object.keys(options)) {
      if (allowed.includes(key)) continue
      throw new DagDefinitionError(
        'bad_option',
        this.#subject,
        `${what} has an unknown option "${key}"`,
        `Use only ${allowed.join(', ')}`,
      )
    }
  }

  #bad(name: string, value: unknown, fix: string): DagDefinitionError {
    return new DagDefinitionError('bad_option', this.#subject, `${name} is ${show(value)}`, fix)
  }
}

function fromIso(text: string): Date | null {
  const match = ISO.exec(text)
  if (!match) return null
  const day = text.slice(0, 10)
  // Date rolls 30 February over to March.
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return null
  if (text.length === 10) return midnight
  return new Date(text.replace(' ', 'T') + (match[1] ? '' : 'Z'))
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 200))
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
