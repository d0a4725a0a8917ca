// What is said of the sources that may send: seeds/sources.json, and sources.json of the folder that
// SHOP_SOURCES names. The adapters go by it, and every migration writes it to dds.ref_source.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { loadEnvironment } from './environment.ts'
import { sqlPath } from './sql-file.ts'

const SEEDS = join(dirname(sqlPath('.')), 'seeds')

/** Names the file, the source, the field, what was found, what is allowed, and the fix. */
export class SourceRulesError extends Error {
  override name = 'SourceRulesError'
}

const text = z.string().min(1).max(200)

const row = z.strictObject({
  source: z.string().regex(/^[a-z][a-z0-9_]{0,49}$/),
  system: text,
  topics: z.array(z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/)).min(1),
  time_zone: text.refine(isTimeZone),
  currency: z.string().refine(isCurrency).nullable(),
  oldest: z.iso.datetime().refine((time) => time >= '1970'),
  event_id: text,
  least_quantity: z.union([z.literal(0), z.literal(1)]),
  revenue: z.enum(['closed', 'every', 'none']),
  marts_currency: z.enum(['reporting', 'own']),
  freshness: z
    .string()
    .regex(/^[1-9]\d{0,3}[mhd]$/)
    .nullable()
    .default(null),
})

/** A row of sources.json; what each field means stands in seeds/README.md. */
export type SourceRow = z.infer<typeof row>

const ALLOWED: Record<keyof SourceRow, string> = {
  source: 'a name of lower-case letters, digits and "_" that begins with a letter',
  system: 'a text, such as "004"',
  topics: 'a list of the topics that it sends to, such as ["user_events"]',
  time_zone: 'a zone of the IANA database, such as "Europe/Istanbul" or "UTC"',
  currency:
    'an ISO 4217 code that seeds/currencies.json has, or null when each message names its own',
  oldest: 'a time in UTC from 1970 on, such as "2000-01-01T00:00:00Z"',
  event_id: 'a text that says what makes a message the same one, such as "order_id"',
  least_quantity: '1, or 0 when lines of nothing are sent and count',
  revenue:
    '"closed" (lines of closed orders count), "every" (all lines count) or "none" (no prices are sent)',
  freshness: 'a duration such as "15m", "2h" or "1d", or null when it may be silent for any time',
  marts_currency: '"reporting" (REPORTING_CURRENCY) or "own" (the currency of the source)',
}

/** Every source that is declared. @throws SourceRulesError */
export function readSourceRules(): SourceRow[] {
  const found = new Map<string, { file: string; row: SourceRow }>()
  for (const file of filesOfSources()) {
    for (const row of readRows(file)) {
      const first = found.get(row.source)
      if (first !== undefined) {
        throw new SourceRulesError(
          `${shown(file)}, source "${row.source}": ${shown(first.file)} has a row of it already. ` +
            'Remove one of the two.',
        )
      }
      found.set(row.source, { file, row })
    }
  }
  return [...found.values()].map(({ row }) => row)
}

/** The folder of further sources, each an adapter beside a row of sources.json; null: there is none. */
export function furtherSources(): string | null {
  return loadEnvironment().SHOP_SOURCES ?? null
}

/** The orchestrator alone, as the package has it, comes without any. */
function filesOfSources(): string[] {
  const own = join(SEEDS, 'sources.json')
  const further = furtherSources()
  return [
    ...(existsSync(own) ? [own] : []),
    ...(further === null ? [] : [join(further, 'sources.json')]),
  ]
}

function readRows(file: string): SourceRow[] {
  const rows = parsed(file)
  if (!Array.isArray(rows)) {
    throw new SourceRulesError(
      `${shown(file)}: it is no list. Write a list of sources: [{"source": …}, …].`,
    )
  }
  return rows.map((given, index) => checkedRow(file, given, index))
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new SourceRulesError(
      `${shown(file)}: it cannot be read as JSON (${(error as Error).message}). Correct it.`,
      { cause: error },
    )
  }
}

function checkedRow(file: string, given: unknown, index: number): SourceRow {
  const result = row.safeParse(given)
  if (result.success) return result.data
  const members = typeof given === 'object' && given !== null ? given : {}
  const place = `${shown(file)}, ${nameOf(members, index)}`
  const problems = result.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const fields = Object.keys(ALLOWED).join(', ')
      return `${place}: no field "${issue.keys.join('", "')}". Remove it; the fields are ${fields}.`
    }
    const field = String(issue.path[0] ?? '') as keyof SourceRow
    if (!Object.hasOwn(ALLOWED, field)) return `${place}: it is no object. Write {"source": …}.`
    const value = (members as Partial<Record<string, unknown>>)[field]
    const said = value === undefined ? 'it is missing' : `found ${JSON.stringify(value)}`
    return `${place}, ${field}: ${said}. Write ${ALLOWED[field]}.`
  })
  throw new SourceRulesError([...new Set(problems)].join('\n'))
}

function nameOf(members: object, index: number): string {
  return 'source' in members && typeof members.source === 'string'
    ? `source "${members.source}"`
    : `row ${index + 1}`
}

/** Postgres reads an offset such as +03:00 the other way round, so only names are zones. */
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return /^[A-Za-z]/.test(name)
  } catch {
    return false
  }
}

function isCurrency(code: string): boolean {
  return Object.hasOwn(JSON.parse(readFileSync(join(SEEDS, 'currencies.json'), 'utf8')), code)
}

function shown(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}
