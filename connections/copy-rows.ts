// Rows into Postgres through COPY in text format: any type that has a text form goes in exactly,
// numeric and int8 as their digits, bytea as hex.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { PoolClient } from './postgres.ts'

export type CopyValue = string | number | bigint | boolean | Buffer | null

const CHUNK_CHARACTERS = 256 * 1024

/** Rows that are made without waiting. */
export type CopyPage = Iterable<readonly CopyValue[]>

/** Copies the rows of all pages into `table`; the caller's transaction decides whether they stay. */
export async function copyRows(
  client: PoolClient,
  table: string,
  columns: readonly string[],
  pages: Iterable<CopyPage> | AsyncIterable<CopyPage>,
  signal?: AbortSignal,
): Promise<void> {
  const target = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`))
  await pipeline(Readable.from(chunks(pages), { objectMode: true }), target, {
    ...(signal && { signal }),
  })
}

async function* chunks(pages: Iterable<CopyPage> | AsyncIterable<CopyPage>) {
  let chunk = ''
  for await (const page of pages) {
    for (const row of page) {
      chunk += `${row.map(encode).join('\t')}\n`
      if (chunk.length < CHUNK_CHARACTERS) continue
      yield Buffer.from(chunk)
      chunk = ''
    }
  }
  if (chunk !== '') yield Buffer.from(chunk)
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function encode(value: CopyValue): string {
  if (value === null) return '\\N'
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`
  if (typeof value !== 'string') return String(value)
  return /[\\\t\n\r]/.test(value)
    ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!)
    : value
}
