// What a statement of sql/ says about itself in its header, and what it really reads and writes. A few
// regular expressions over the text without comments and strings: our tables are always written with
// their schema, which no CTE and no column is.

import { listSqlFiles, sqlFile } from '../../connections/sql-file.ts'
import { keyTargets, targetStatement } from '../../tasks/dds/key-targets.ts'
import { type MartTable, statementOf, TABLES } from '../../tasks/marts/targets.ts'

const RELATION = '((?:raw|dds|marts|warehouse)\\.[a-z_0-9]+)'
const READ = new RegExp(`\\b(?:from|join|using)\\s+(?:lateral\\s+)?${RELATION}`, 'gi')
const WRITTEN = new RegExp(`\\b(?:insert\\s+into|update|delete\\s+from)\\s+${RELATION}`, 'gi')
const DELETED = new RegExp(`\\bdelete\\s+from\\s+${RELATION}`, 'gi')
const CALLED = new RegExp(`(?<!into\\s)\\b${RELATION}\\s*\\(`, 'gi')

export interface Statement {
  /** Below sql/. */
  path: string
  /** The table that it fills, where its file is that of several. */
  target?: string
  header: Header
  reads: string[]
  writes: string[]
  /** Functions of the warehouse that it calls. */
  calls: string[]
}

/** Fields of the comment above a statement; null where it has none. */
export interface Header {
  grain: string | null
  kind: string | null
  reads: string | null
}

export function readStatement(path: string, text: string): Statement {
  const code = withoutComments(text)
  const calls = names(code, CALLED)
  const deleted = names(code, DELETED)
  return {
    path,
    header: readHeader(text),
    reads: names(code.replace(DELETED, ''), READ).filter((name) => !calls.includes(name)),
    writes: [...new Set([...names(code, WRITTEN), ...deleted])].sort(),
    calls,
  }
}

/** Relations and functions of the warehouse that a piece of SQL, such as a view's, reads and calls. */
export function readQuery(text: string): { reads: string[]; calls: string[] } {
  const { reads, calls } = readStatement('', text)
  return { reads, calls }
}

/** The first paragraph of the comment above the statement, cut at its keys. */
export function readHeader(text: string): Header {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !/^-- \S/.test(line))
  const paragraph = lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join(' ')
  const parts = paragraph.split(/\b(Grain|Offending|Kind|Reads|Parameters|Settings):\s*/)
  const field = (key: string) => {
    const at = parts.indexOf(key)
    const value = at < 0 ? '' : parts[at + 1]!.replace(/\bRuns in\b.*$/, '').trim()
    return value.replace(/[.;]$/, '') || null
  }
  return { grain: field('Grain') ?? field('Offending'), kind: field('Kind'), reads: field('Reads') }
}

function withoutComments(text: string): string {
  return text.replace(/--.*$/gm, '').replace(/'(?:[^']|'')*'/g, "''")
}

function names(code: string, pattern: RegExp): string[] {
  return [...new Set([...code.matchAll(pattern)].map((match) => match[1]!.toLowerCase()))].sort()
}

const FOLDERS = [
  'raw/checks',
  'dds/load',
  'dds/enrich',
  'dds/replay',
  'dds/checks',
  'marts/keys',
  'marts/batches',
  'marts/across',
]

/** A statement for each of their targets is made of them. */
const SHARED = ['dds/load/hub.sql', 'dds/load/link.sql']

/** Every statement that loads or checks the warehouse. */
export async function allStatements(): Promise<Statement[]> {
  const folders = [...FOLDERS, ...TABLES.map(({ name }) => `marts/${name}`)]
  const paths = (await Promise.all(folders.map(listSqlFiles))).flat()
  const own = paths.filter((path) => !SHARED.includes(path))
  return Promise.all([
    ...own.map(async (path) => {
      const statement = readStatement(path, await sqlFile(path))
      const table = TABLES.find(({ name }) => path === statementOf(name, 'load'))
      return table === undefined ? statement : { ...statement, header: headerOf(table) }
    }),
    ...keyTargets.map(async (target) => {
      const { path, text } = await targetStatement(target)
      return { ...readStatement(path, text), target: `dds.${target}` }
    }),
  ])
}

function headerOf({ kind, grain, reads, replaces }: MartTable): Header {
  const published = kind === 'fact' ? 'its days are replaced as a whole' : PUBLISHED[replaces]
  return { grain: grain.join(', '), kind: `${kind}; ${published}`, reads: reads.join(', ') }
}

const PUBLISHED = {
  days: 'its touched days are replaced at once',
  all: 'it is replaced as a whole',
}
