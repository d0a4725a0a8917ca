// The head of a project's .sql file: `-- key: value` lines before its statement. A line that is
// indented further goes on with the value before it; other comments are for people.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

/** A file of the project is wrong. The message names the file, the line, the cause and the fix. */
export class ProjectFileError extends Error {
  override name = 'ProjectFileError'

  constructor(file: string, line: number | null, message: string, options?: ErrorOptions) {
    super(`${file}${line === null ? '' : `:${line}`}: ${message}`, options)
  }
}

export interface HeaderEntry {
  value: string
  line: number
}

/** One .sql file, taken apart. */
export interface SqlFile<Key extends string> {
  /** The file's name without `.sql`. */
  id: string
  /** As messages name it. */
  file: string
  header: Partial<Record<Key, HeaderEntry>>
  /** The statement; empty when there is none. */
  sql: string
  /** Where the statement begins, from 1. */
  sqlLine: number
}

const ENTRY = /^--\s?([a-z_]+):\s*(.*?)\s*$/
const CONTINUED = /^--\s{2,}(\S.*?)\s*$/
const ID = /^[a-z0-9][a-z0-9_-]{0,99}$/
const LARGEST_BYTES = 1_000_000

/** Paths of the .sql files of a folder, in order of name. @throws ProjectFileError when it has none */
export function sqlFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .sort()
      .map((name) => join(folder, name))
  } catch (error) {
    const cause = { cause: error }
    const fix = 'Make it, or correct "terrace" in package.json.'
    throw new ProjectFileError(shown(folder), null, `the folder cannot be read. ${fix}`, cause)
  }
}

/** @throws ProjectFileError */
export function readSqlFile<Key extends string>(path: string, keys: readonly Key[]): SqlFile<Key> {
  const file = shown(path)
  const id = idOf(path)
  if (!ID.test(id)) {
    const message = 'the name is an id. Use lower-case letters, digits, "_" and "-", at most 100.'
    throw new ProjectFileError(file, null, message)
  }
  const lines = textOf(path, file).split(/\r?\n/)
  const end = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('--'))
  const head = end === -1 ? lines : lines.slice(0, end)
  return {
    id,
    file,
    header: entriesOf(file, head, keys),
    sql: lines
      .slice(head.length)
      .join('\n')
      .replace(/[;\s]+$/, ''),
    sqlLine: head.length + 1,
  }
}

export function idOf(path: string): string {
  return basename(path, '.sql')
}

export function shown(path: string): string {
  return relative(process.cwd(), path)
}

function textOf(path: string, file: string): string {
  try {
    if (statSync(path).size > LARGEST_BYTES) {
      throw new Error(`it is larger than ${LARGEST_BYTES} bytes`)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8' : (error as Error).message
    throw new ProjectFileError(file, null, `the file cannot be read: ${reason}.`, { cause: error })
  }
}

function entriesOf<Key extends string>(
  file: string,
  head: readonly string[],
  keys: readonly Key[],
): Partial<Record<Key, HeaderEntry>> {
  const entries: Partial<Record<Key, HeaderEntry>> = {}
  let last: HeaderEntry | undefined
  for (const [index, text] of head.entries()) {
    const line = index + 1
    const more = CONTINUED.exec(text)
    if (more && last) last.value = `${last.value} ${more[1]}`
    const [, name, value] = ENTRY.exec(text) ?? []
    if (name === undefined || value === undefined) continue
    const key = keys.find((one) => one === name)
    if (key === undefined) {
      throw new ProjectFileError(file, line, `no key "${name}". Use ${keys.join(', ')}.`)
    }
    if (entries[key] !== undefined) {
      const first = `line ${entries[key].line} has it already`
      throw new ProjectFileError(file, line, `"${name}" stands twice: ${first}. Remove one.`)
    }
    last = { value, line }
    entries[key] = last
  }
  return entries
}
