// The tables of the marts that a batch loads, as the heads of sql/marts/<table>/load.sql say. A fact comes
// from dds, a mart from the tables that it reads, inside ClickHouse. There is no other list of them.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSourceRules } from '../../connections/source-rules.ts'
import { sqlPath } from '../../connections/sql-file.ts'
import { type MartTable, readMartTables } from '../../orchestrator/project-files/mart-tables.ts'

export type { MartTable }
export type Target = string
export type Fact = Target
export type Mart = Target

/** Named like this, its files are part of the code of the DAG, which is read again when one changes. */
const FOLDER = new URL('../../sql/marts/', import.meta.url)

/** In an order in which they can be loaded. */
export const TABLES: readonly MartTable[] = readMartTables(
  fileURLToPath(FOLDER),
  readSourceRules().map(({ source }) => source),
)

const facts = TABLES.filter(({ kind }) => kind === 'fact')
const marts = TABLES.filter(({ kind }) => kind === 'mart')

export const TARGETS: readonly Target[] = TABLES.map(({ name }) => name)

/** What a table is, in a few words. */
export const TITLES: Readonly<Record<Target, string>> = Object.fromEntries(
  TABLES.map(({ name, title }) => [name, title]),
)

export const FACTS: readonly Fact[] = facts.map(({ name }) => name)

/** Marts with the tables of the marts that they read, in an order in which they can be built. */
export const MARTS: Readonly<Record<Mart, readonly Target[]>> = Object.fromEntries(
  marts.map(({ name, readsTables }) => [name, readsTables]),
)

/** Every build makes all of such a mart. */
export const WHOLE_MARTS: ReadonlySet<Mart> = new Set(
  marts.filter(({ replaces }) => replaces === 'all').map(({ name }) => name),
)

/** What tells rows of a fact apart that a change replaces, and whether it may move them to another day. */
export const KEYS: Readonly<Record<Fact, { columns: string; isOfOneDay: boolean }>> =
  Object.fromEntries(
    facts.map(({ name, key }) => [
      name,
      {
        columns: key.filter((column) => column !== 'day').join(', '),
        isOfOneDay: key.includes('day'),
      },
    ]),
  )

/** Below sql/: the statement of a table, such as its load or its check. */
export function statementOf(target: Target, statement: Statement): string {
  return `marts/${target}/${statement}.sql`
}

/** Whether a table has rows of a source, by the head of its load. */
export function holds(target: Target, source: string): boolean {
  const table = TABLES.find(({ name }) => name === target)
  return table !== undefined && (table.source === 'all' || table.source === source)
}

/** Below sql/: what holds the totals of the marts of a source against the facts. */
export function totalsOf(source: string): string[] {
  return marts
    .filter(({ name }) => holds(name, source))
    .map(({ name }) => statementOf(name, 'totals'))
    .filter((path) => existsSync(sqlPath(path)))
}

export type Statement =
  | 'load'
  | 'check'
  | 'totals'
  | 'of_days'
  | 'of_batch'
  | 'sums_in_dds'
  | 'sums_in_marts'
