// Just enough of ClickHouse's lexer to serve HTTP: where an INSERT's data starts, which FORMAT a
// query asks for, whether a second statement follows, and whether its result can be streamed.
// Strings, quoted names, comments and parentheses are skipped, so their content decides nothing.

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
  /** `insert into … format X`: what precedes the data. */
  prefix: string
  format: string
  /** Offset of the data in the text. */
  dataStart: number
}

/**
 * The head of an INSERT that carries data, or null: not such an INSERT, or not enough text yet.
 * The head ends only where something follows the format's name, as it might be cut in half.
 */
export function insertHead(sql: string, complete: boolean): InsertHead | null {
  let previous: Token | null = null
  let beforePrevious: Token | null = null
  let count = 0
  let isSelect = false
  let hasInput = false
  for (const token of tokens(sql)) {
    count += 1
    if (count === 1 && token.text !== 'INSERT') return null
    if (token.kind === 'semicolon') return null
    if (token.kind === 'word' && token.depth === 0 && count > 2) {
      // A table, a column or an alias may be called format or values as well; what follows is no data
      // then, but SQL that must be judged.
      const isClause = isSelect
        ? hasInput && beforePrevious?.text === ')'
        : endsName(beforePrevious)
      if (previous?.text === 'FORMAT' && previous.depth === 0 && isClause) {
        if (token.end === sql.length && !complete) return null
        const format = sql.slice(token.start, token.end)
        return { prefix: sql.slice(0, token.end), format, dataStart: token.end }
      }
      if (token.text === 'VALUES' && !isSelect && endsName(previous)) {
        if (token.end === sql.length && !complete) return null
        return { prefix: sql.slice(0, token.end), format: 'Values', dataStart: token.end }
      }
      if (/^(SELECT|WITH|FROM|WATCH)$/.test(token.text)) isSelect = true
      if (token.text === 'INPUT') hasInput = true
    } else if (token.text === 'INPUT') hasInput = true
    beforePrevious = previous
    previous = token
  }
  return null
}

const opensName =
  /^(INTO|TABLE|FUNCTION|BY|NOT|AND|OR|AS|IN|LIKE|IS|DIV|MOD|BETWEEN|CASE|WHEN|THEN|ELSE)$/

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

/** Where a second statement starts, or null. */
export function secondStatement(sql: string): number | null {
  let ended = false
  for (const token of tokens(sql)) {
    if (token.kind === 'semicolon') ended = true
    else if (ended) return token.start
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
    previous = token.text
  }
  return selects === 1 && /^(SELECT|WITH|FROM)$/.test(first)
}
