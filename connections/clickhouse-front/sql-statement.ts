// Just enough of ClickHouse's lexer to serve HTTP: where an INSERT's data starts, which FORMAT a
// query asks for, and whether its result can be streamed.
// Strings, quoted names, comments and parentheses are skipped, so their content decides nothing.

import { literal } from './query-request.ts'

export interface Token {
  kind: 'word' | 'other' | 'semicolon'
  /** Upper case for words. */
  text: string
  start: number
  end: number
  depth: number
}

// As ClickHouse's own lexer, or content that it reads would hide from us: `$` inside a word belongs to
// the word and starts no heredoc, words are ASCII, and curly quotes quote without escapes.
const pattern =
  /--[^\n]*|#[! ][^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)|‘[^’]*(?:’|$)|“[^”]*(?:”|$)|\$(\w*)\$[\s\S]*?\$\1\$|[A-Za-z_][A-Za-z0-9_$]*|[()[\]{}]|;|\s+|[^\s]/guy

/** The tokens that are not comments or space, one at a time. */
export function* tokens(sql: string): Generator<Token> {
  let depth = 0
  for (const match of sql.matchAll(pattern)) {
    const text = match[0]
    const start = match.index
    const end = start + text.length
    if (/^\s|^--|^\/[/*]|^#[! ]/.test(text)) continue
    if (/^[)\]}]$/.test(text)) depth -= 1
    if (text === ';') yield { kind: 'semicolon', text, start, end, depth }
    else if (/^[A-Za-z_]/.test(text)) {
      yield { kind: 'word', text: text.toUpperCase(), start, end, depth }
    } else yield { kind: 'other', text, start, end, depth }
    if (/^[([{]$/.test(text)) depth += 1
  }
}

export function comments(sql: string): string[] {
  return [...sql.matchAll(pattern)].map(([text]) => text).filter((text) => text.startsWith('/*'))
}

/** The first word: SELECT, WITH, INSERT, … or '' for an empty text. */
export function firstWord(sql: string): string {
  for (const token of tokens(sql)) {
    if (token.text === '(') continue
    return token.kind === 'word' ? token.text : ''
  }
  return ''
}

export interface InsertHead {
  /** `insert into … format X`: what precedes the data, and all of the statement's text. */
  prefix: string
  format: string
  /** Offset of the data in the text. */
  dataStart: number
  /** The same statement, reading its data from a file instead of from behind its text. */
  fromFile: (path: string) => string
}

/**
 * The head of an INSERT that carries data, or null: not such an INSERT, or not enough text yet.
 * The head ends only where something follows the format's name, as it might be cut in half.
 */
export function insertHead(sql: string, complete: boolean): InsertHead | null {
  const before: Token[] = []
  let isInsert = false
  let isSelect = false
  let settings: Token | null = null
  let input: Token | null = null
  for (const token of tokens(sql)) {
    const [beforePrevious = null, previous = null] = [before.at(-2), before.at(-1)]
    if (previous === null && !/^(INSERT|WITH)$/.test(token.text)) return null
    if (token.kind === 'semicolon') return null
    // `with … insert into …`, but not a table that is called insert.
    isInsert ||=
      previous?.text === 'INSERT' &&
      previous.depth === 0 &&
      (before.length === 1 || token.text === 'INTO')
    if (token.text === '(' && previous?.text === 'INPUT') input = previous
    if (token.kind === 'word' && token.depth === 0 && isInsert) {
      // A table, a column or an alias may be called format or values as well; what follows is no data
      // then, but SQL that must be judged.
      const mayFollow = isSelect
        ? input !== null && beforePrevious?.text === ')'
        : endsName(beforePrevious)
      const isFormat = previous?.text === 'FORMAT' && previous.depth === 0 && mayFollow
      const isValues = !isFormat && token.text === 'VALUES' && !isSelect && endsName(previous)
      if (isFormat || isValues) {
        if (token.end === sql.length && !complete) return null
        const format = isValues ? 'Values' : sql.slice(token.start, token.end)
        const clause = isValues ? token : previous!
        const from =
          isSelect && input !== null
            ? inputFromFile(sql, before, input, clause, format)
            : dataFromFile(sql, before, settings ?? clause, clause, format)
        return {
          prefix: utf8(sql.slice(0, token.end)),
          format,
          dataStart: token.end,
          fromFile: (path) => from(literal(path)),
        }
      }
      if (!isSelect && token.text === 'SETTINGS' && endsName(previous)) settings = token
      if (/^(SELECT|WITH|FROM|WATCH)$/.test(token.text)) isSelect = true
    }
    before.push(token)
  }
  return null
}

/** The text of a head has one character for each byte. */
const utf8 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8')

/** `insert into t (…) from infile … settings … format X`: the file stands before all other clauses. */
function dataFromFile(
  sql: string,
  before: readonly Token[],
  firstClause: Token,
  lastClause: Token,
  format: string,
): (path: string) => string {
  const at = before.indexOf(firstClause)
  const { end } = at === -1 ? before.at(-1)! : before[at - 1]!
  const [start, rest] = [utf8(sql.slice(0, end)), utf8(sql.slice(end, lastClause.start))]
  return (path) => `${start} from infile ${path} compression 'none' ${rest} format ${format}`
}

/** `insert into t select … from input(structure) format X`: the function file takes its place. */
function inputFromFile(
  sql: string,
  before: readonly Token[],
  input: Token,
  clause: Token,
  format: string,
): (path: string) => string {
  const open = before.indexOf(input) + 1
  const close = before.find(({ depth }, at) => at > open && depth === input.depth)
  const structure = close ? utf8(sql.slice(before[open]!.end, close.start)) : ''
  // Without a structure it is the engine's to refuse, in its own words.
  if (!close || structure.trim() === '') return () => utf8(sql.slice(0, clause.start))
  const [start, rest] = [utf8(sql.slice(0, input.start)), utf8(sql.slice(close.end, clause.start))]
  return (path) => `${start}file(${path}, '${format}', ${structure}, 'none') ${rest}`
}

const opensName =
  /^(INSERT|INTO|TABLE|FUNCTION|BY|NOT|AND|OR|AS|IN|LIKE|IS|DIV|MOD|BETWEEN|CASE|WHEN|THEN|ELSE)$/

/** Whether a name or its columns may end here, so that a keyword is one. */
function endsName(token: Token | null): boolean {
  if (token === null) return false
  if (token.kind === 'word') return !opensName.test(token.text)
  return /^[)'"`}\d“‘]/.test(token.text)
}

/** The format that the query itself asks for, or null: a column may be called format as well. */
export function formatClause(sql: string): string | null {
  const all = [...tokens(sql)]
  for (let index = all.length - 2; index >= 0; index -= 1) {
    const [clause, name, after] = all.slice(index, index + 3)
    if (clause!.text !== 'FORMAT' || clause!.depth !== 0 || name!.kind !== 'word') continue
    const ends = after === undefined || after.kind === 'semicolon' || after.text === 'SETTINGS'
    return ends ? sql.slice(name!.start, name!.end) : null
  }
  return null
}

const remoteFunctions = /^(POSTGRESQL|MYSQL|MONGODB|REDIS|URL|S3|GCS|HDFS|REMOTE|REMOTESECURE)\w*$/

/**
 * Whether chDB's stream may run it. A stream is planned on the event loop, and planning runs scalar
 * subqueries and asks remote servers for their columns: measured, one subquery stopped every other
 * client for seven seconds. What might do so comes as one buffer, from a thread of the pool.
 */
export function isStreamable(sql: string): boolean {
  let selects = 0
  let previous = ''
  let first = ''
  for (const token of tokens(sql)) {
    if (first === '' && token.kind === 'word') first = token.text
    if (token.text === 'SELECT') selects += 1
    if (token.text === '(' && remoteFunctions.test(previous)) return false
    // Totals come as a chunk of another form; one array of all rows cannot be joined from several.
    if (/^(TOTALS|EXTREMES|OUTPUT_FORMAT_JSON_ARRAY_OF_ROWS)$/.test(token.text)) return false
    previous = token.text
  }
  return selects === 1 && /^(SELECT|WITH|FROM)$/.test(first)
}
