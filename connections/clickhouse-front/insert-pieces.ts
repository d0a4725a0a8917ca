// Cuts the data of an INSERT into pieces that chDB takes one at a time, so that a load of any size
// needs the memory of one piece. An INSERT up to one piece is atomic, as in a server; of a larger
// one the pieces before an error stay. Data that must arrive in one piece (binary formats, a
// deduplication token, which would make every piece after the first look like a repetition) is
// bounded instead.

import { ClickHouseError } from './clickhouse-error.ts'
import { type InsertFormat, insertFormat } from './row-boundaries.ts'

export const pieceBytes = 32 * 1024 * 1024
export const wholeBytes = 256 * 1024 * 1024

export async function* insertPieces(
  data: AsyncIterable<Buffer>,
  format: string,
  options: { mayCut: boolean },
): AsyncGenerator<Buffer> {
  const known = insertFormat(format)
  if (options.mayCut && known.scanner !== null) yield* cutPieces(data, known)
  else yield await wholeBody(data, format, options.mayCut)
}

async function wholeBody(
  data: AsyncIterable<Buffer>,
  format: string,
  mayCut: boolean,
): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of data) {
    size += part.length
    if (size > wholeBytes) {
      const why = mayCut ? `Format ${format} cannot be cut at rows` : 'A deduplication token is set'
      throw new ClickHouseError(
        307,
        'TOO_MANY_BYTES',
        `${why}, and the data of this INSERT is larger than ${wholeBytes} bytes: ` +
          'send it in several INSERTs, or as JSONEachRow, CSV or TabSeparated',
        { status: 413 },
      )
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function* cutPieces(
  data: AsyncIterable<Buffer>,
  format: InsertFormat,
): AsyncGenerator<Buffer> {
  const scanner = format.scanner!()
  let header: Buffer | null = format.headerRows > 0 ? null : Buffer.alloc(0)
  let parts: Buffer[] = []
  let size = 0
  let boundary = 0
  for await (const part of data) {
    const offset = scanner.scan(part)
    if (offset > 0) boundary = size + offset
    parts.push(part)
    size += part.length
    if (size < pieceBytes) continue
    if (boundary === 0) {
      if (size <= wholeBytes) continue
      throw new ClickHouseError(
        307,
        'TOO_MANY_BYTES',
        `A row of this INSERT is larger than ${wholeBytes} bytes (or its quotes do not match)`,
        { status: 413 },
      )
    }
    const whole = Buffer.concat(parts)
    const piece = whole.subarray(0, boundary)
    const rest = whole.subarray(boundary)
    if (header === null) {
      header = leadingLines(piece, format.headerRows)
      yield piece
    } else yield Buffer.concat([header, piece])
    parts = [rest]
    size = rest.length
    boundary = 0
  }
  if (size > 0) yield Buffer.concat([header ?? Buffer.alloc(0), ...parts])
}

function leadingLines(piece: Buffer, count: number): Buffer {
  let end = 0
  for (let line = 0; line < count; line += 1) end = piece.indexOf(0x0a, end) + 1
  return Buffer.from(piece.subarray(0, end))
}
