// Reads one statement from `?query=` and the body, which ClickHouse joins with a line break. What
// comes after the head of an INSERT stays a stream; everything else is text of bounded size.

import { ClickHouseError } from './clickhouse-error.ts'
import { firstWord, insertHead, secondStatement } from './sql-statement.ts'

export type Statement =
  | { kind: 'text'; sql: string }
  | { kind: 'insert'; prefix: string; format: string; data: AsyncIterable<Buffer> }

const maxTextBytes = 16 * 1024 * 1024

export async function readStatement(
  queryText: string,
  body: AsyncIterable<Buffer>,
): Promise<Statement> {
  const source = joined(queryText, body)[Symbol.asyncIterator]()
  const parts: Buffer[] = []
  let size = 0
  let mayBeInsert = true
  while (true) {
    const { done, value } = await source.next()
    if (!done) {
      parts.push(value)
      size += value.length
    }
    if (mayBeInsert) {
      // latin1 keeps one character per byte, so that offsets are offsets into the bytes.
      const bytes = Buffer.concat(parts)
      const text = bytes.toString('latin1')
      mayBeInsert = /^(INSERT|)$/.test(firstWord(text)) || (!done && size < 64)
      const head = mayBeInsert ? insertHead(text, done === true) : null
      if (head !== null) {
        const rest = bytes.subarray(head.dataStart)
        return {
          kind: 'insert',
          prefix: bytes.subarray(0, head.dataStart).toString('utf8'),
          format: head.format,
          data: withoutLeadingBreak(rest, source),
        }
      }
    }
    if (done) return { kind: 'text', sql: checkedText(Buffer.concat(parts).toString('utf8')) }
    if (size > maxTextBytes) {
      throw new ClickHouseError(
        62,
        'SYNTAX_ERROR',
        `Max query size exceeded: the text of a query may have ${maxTextBytes} bytes`,
        { status: 413 },
      )
    }
  }
}

async function* joined(queryText: string, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (queryText !== '') yield Buffer.from(`${queryText}\n`)
  yield* body
}

function checkedText(sql: string): string {
  if (firstWord(sql) === '') {
    if (/^\s*$/.test(sql))
      throw new ClickHouseError(62, 'SYNTAX_ERROR', 'Syntax error: Empty query')
  }
  const second = secondStatement(sql)
  if (second === null) return sql
  throw new ClickHouseError(
    62,
    'SYNTAX_ERROR',
    `Syntax error (Multi-statements are not allowed): failed at position ${second}`,
  )
}

/** Spaces and one line break separate the format's name from the data. */
async function* withoutLeadingBreak(
  first: Buffer,
  source: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  let start = 0
  let next: Buffer | null = first
  for (; next !== null; start = 0) {
    while (start < next.length && /[ \t\f\r]/.test(String.fromCharCode(next[start]!))) start += 1
    if (start < next.length) break
    next = (await nextPart(source)) ?? null
  }
  if (next === null) return
  if (next[start] === 0x0a) start += 1
  if (start < next.length) yield next.subarray(start)
  for (let part = await nextPart(source); part; part = await nextPart(source)) yield part
}

async function nextPart(source: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const { done, value } = await source.next()
  return done ? undefined : value
}
