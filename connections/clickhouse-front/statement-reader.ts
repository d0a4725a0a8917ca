// Reads one statement from `?query=` and the body, which ClickHouse joins with a line break. What
// comes after the head of an INSERT stays a stream; everything else is text of bounded size.

import { isUtf8 } from 'node:buffer'
import { ClickHouseError } from './clickhouse-error.ts'
import { firstWord, type InsertHead, insertHead } from './sql-statement.ts'

export type Statement =
  | { kind: 'text'; sql: string }
  | (InsertHead & { kind: 'insert'; data: AsyncIterable<Buffer> })

const maxTextBytes = 16 * 1024 * 1024
/** An INSERT behind a longer WITH is read as text, whole. */
const maxWithBytes = 256 * 1024

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
      const word = firstWord(text)
      mayBeInsert =
        /^(INSERT|)$/.test(word) || (word === 'WITH' && size < maxWithBytes) || (!done && size < 64)
      const head = mayBeInsert ? insertHead(text, done === true) : null
      if (head !== null) {
        decodedText(bytes.subarray(0, head.dataStart))
        const rest = bytes.subarray(head.dataStart)
        return { ...head, kind: 'insert', data: afterHead(head.format, rest, source) }
      }
    }
    if (done) return { kind: 'text', sql: decodedText(Buffer.concat(parts)) }
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

/** The engine takes text alone: other bytes would reach it changed. */
function decodedText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw new ClickHouseError(
    62,
    'SYNTAX_ERROR',
    'Syntax error: the text of the query is not valid UTF-8; write other bytes as unhex(…), or send ' +
      'them as the data of an INSERT',
  )
}

/** Spaces and one line break separate the head from the data, as a server reads them. */
async function* afterHead(
  format: string,
  first: Buffer,
  source: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  const separator = new Separator(format)
  for (let part: Buffer | undefined = first; part; part = await nextPart(source)) {
    const from = separator.ended ? 0 : separator.skip(part)
    if (from < part.length) yield part.subarray(from)
  }
}

class Separator {
  ended = false
  #sawReturn = false
  readonly #format: string

  constructor(format: string) {
    this.#format = format
  }

  /** Returns where the data starts in this part. */
  skip(part: Buffer): number {
    for (let at = 0; at < part.length; at += 1) {
      const byte = part[at]!
      if (byte === 0x0d && !this.#sawReturn) this.#sawReturn = true
      else if (this.#sawReturn || !(byte === 0x20 || byte === 0x09 || byte === 0x0c)) {
        this.ended = true
        if (byte === 0x0a) return at + 1
        if (byte === 0x3b && this.#format !== 'Values') throw semicolonBeforeData()
        return at
      }
    }
    return part.length
  }
}

function semicolonBeforeData(): ClickHouseError {
  return new ClickHouseError(
    62,
    'SYNTAX_ERROR',
    "Syntax error: you have an excessive ';' before the data of the INSERT; put the data on the " +
      'next line, or leave the semicolon out',
  )
}

async function nextPart(source: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const { done, value } = await source.next()
  return done ? undefined : value
}
