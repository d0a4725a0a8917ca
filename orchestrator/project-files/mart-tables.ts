// The tables of the project's marts: a folder that holds a folder for each of them, named as the table.
// Its load.sql fills the table and says in its head what the table is:
//
//   -- title: Users day by day
//   -- kind: mart
//   -- grain: source, day, user
//   -- reads: marts.fct_event, marts.fct_session
//   -- source: all
//
// A fact comes from dds and says in `key` by which columns a change replaces its rows; when `day` is one
// of them, a row never moves to another day. A mart comes from tables of the marts. It is built for some
// days of a source at a time, or for all of them when it says `replaces: all` or its grain has no day.
// Folders without a load.sql, such as ddl, are none of the tables'.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { listed, oneOf, required, statement, wrong } from './header-values.ts'
import { idOf, ProjectFileError, readSqlFile, type SqlFile, shown } from './sql-header.ts'

const KINDS = ['fact', 'mart'] as const
const REPLACED = ['days', 'all'] as const
const KEYS = ['title', 'kind', 'grain', 'reads', 'source', 'key', 'replaces'] as const

const EVERY_SOURCE = 'all'
const SCHEMA = 'marts.'
const SOURCE = '{source:String}'
const DAYS = '{days:Array(Date)}'
const LOAD = 'load.sql'
const CHECK = 'check.sql'
const NAME = /^[a-z][a-z0-9_]*$/
const RELATION = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/

export interface MartTable {
  name: string
  /** Its load, as messages name it. */
  file: string
  title: string
  kind: (typeof KINDS)[number]
  /** What a row is one of. */
  grain: string[]
  /** Tables, views and functions with their schema. */
  reads: string[]
  /** Tables of the same folder among them, without their schema. */
  readsTables: string[]
  /** The source whose rows it holds; `all`: those of every source. */
  source: string
  /** Columns of a fact's key; empty for a mart. */
  key: string[]
  /** What a build of a mart makes anew; a fact replaces days. */
  replaces: (typeof REPLACED)[number]
}

type TableFile = SqlFile<(typeof KEYS)[number]>

/** A table with the file that its messages point into. */
interface Read {
  table: MartTable
  load: TableFile
}

/**
 * The tables of a folder in an order in which they can be filled: facts first, each after those that it
 * reads, else by name.
 *
 * @param sources that a head may name; without it any
 * @throws ProjectFileError of the first head that is wrong
 */
export function readMartTables(folder: string, sources?: readonly string[]): MartTable[] {
  const read = tableFolders(folder).map(readTable)
  for (const one of read) {
    assertReadable(one, read)
    if (sources) oneOf(one.load, 'source', [EVERY_SOURCE, ...sources])
  }
  return inOrder(read)
}

/** Absolute paths, in order of name. */
function tableFolders(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder).sort()
  } catch (error) {
    const fix = 'Make it, with a folder for each table of the marts.'
    throw new ProjectFileError(shown(folder), null, `the folder cannot be read. ${fix}`, {
      cause: error,
    })
  }
  return names.map((name) => join(folder, name)).filter(isTable)
}

function isTable(path: string): boolean {
  const [hasLoad, hasCheck] = [LOAD, CHECK].map((name) => existsSync(join(path, name)))
  if (hasLoad === hasCheck) return hasLoad!
  const [there, missing] = hasLoad ? [LOAD, CHECK] : [CHECK, LOAD]
  throw new ProjectFileError(
    shown(path),
    null,
    `it has a ${there} and no ${missing}. A table of the marts has both: write ${missing}, or remove ` +
      `${there}.`,
  )
}

function readTable(folder: string): Read {
  const file: TableFile = readSqlFile(join(folder, LOAD), KEYS)
  const name = idOf(folder)
  if (!NAME.test(name)) {
    const fix = 'Name it as the table: lower-case letters, digits and "_".'
    throw new ProjectFileError(shown(folder), null, `the folder's name is no table's. ${fix}`)
  }
  statement(file)
  const kind = oneOf(file, 'kind', KINDS)
  const grain = several(file, 'grain')
  const reads = several(file, 'reads')
  const strange = reads.find((one) => !RELATION.test(one))
  if (strange !== undefined) {
    const fix = 'Write schema and name, such as marts.fct_event, divided by commas.'
    throw wrong(file, 'reads', `reads has "${strange}". ${fix}`)
  }
  const table: MartTable = {
    name,
    file: file.file,
    title: required(file, 'title'),
    kind,
    grain,
    reads,
    readsTables: reads
      .filter((one) => one.startsWith(SCHEMA))
      .map((one) => one.slice(SCHEMA.length)),
    source: required(file, 'source'),
    key: keyOf(file, kind),
    replaces: replacedBy(file, kind, grain),
  }
  return { table, load: file }
}

function several(file: TableFile, key: 'grain' | 'reads' | 'key'): string[] {
  required(file, key)
  return listed(file, key)
}

function keyOf(file: TableFile, kind: MartTable['kind']): string[] {
  if (kind === 'fact') return several(file, 'key')
  if (file.header.key === undefined) return []
  throw wrong(file, 'key', 'a mart has no key; only facts have one. Remove the line.')
}

function replacedBy(
  file: TableFile,
  kind: MartTable['kind'],
  grain: readonly string[],
): MartTable['replaces'] {
  const byGrain = grain.includes('day') || kind === 'fact' ? 'days' : 'all'
  if (file.header.replaces === undefined) return byGrain
  const replaces = oneOf(file, 'replaces', REPLACED)
  if (kind === 'fact' && replaces === 'all') {
    throw wrong(file, 'replaces', 'a fact is loaded by days. Remove the line.')
  }
  if (replaces === 'days' && byGrain === 'all') {
    const fix = 'Add day to the grain, or remove the line.'
    throw wrong(file, 'replaces', `it replaces days, and its grain has none. ${fix}`)
  }
  return replaces
}

function assertReadable({ table, load }: Read, all: readonly Read[]): void {
  const { kind, readsTables, replaces } = table
  const there = (of: readonly Read[]) => of.map((one) => SCHEMA + one.table.name).join(', ')
  if (kind === 'fact' && readsTables.length > 0) {
    const fix = 'Let it read dds, or make it a mart.'
    throw wrong(load, 'reads', `a fact reads no table of the marts, and this one does. ${fix}`)
  }
  if (kind === 'mart' && readsTables.length === 0) {
    const facts = all.filter((one) => one.table.kind === 'fact')
    throw wrong(load, 'reads', `a mart reads tables of the marts. Facts are ${there(facts)}.`)
  }
  if (kind === 'mart' && !load.sql.includes(SOURCE)) {
    const message = `it is built a source at a time. Add "where source = ${SOURCE}" to what it reads.`
    throw new ProjectFileError(load.file, load.sqlLine, message)
  }
  if (kind === 'mart' && replaces === 'days' && !load.sql.includes(DAYS)) {
    const message = `it replaces days, and the statement makes all of them. Add "and day in ${DAYS}"`
    throw new ProjectFileError(load.file, load.sqlLine, `${message}, or write "-- replaces: all".`)
  }
  const unknown = readsTables.find((name) => !all.some((one) => one.table.name === name))
  if (unknown === undefined) return
  const message = `it reads "${SCHEMA}${unknown}", which has no folder. There are ${there(all)}.`
  throw wrong(load, 'reads', message)
}

function inOrder(read: readonly Read[]): MartTable[] {
  const ordered: MartTable[] = []
  const open = [...read].sort((a, b) => rank(a) - rank(b))
  while (open.length > 0) {
    const done = ordered.map(({ name }) => name)
    const at = open.findIndex(({ table }) => table.readsTables.every((one) => done.includes(one)))
    if (at === -1) {
      const circle = open.map(({ table }) => table.name).join(', ')
      const fix = 'Let one of them read facts alone.'
      throw wrong(open[0]!.load, 'reads', `${circle} read each other in a circle. ${fix}`)
    }
    ordered.push(...open.splice(at, 1).map(({ table }) => table))
  }
  return ordered
}

const rank = ({ table }: Read): number => (table.kind === 'fact' ? 0 : 1)
