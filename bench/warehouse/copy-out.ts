// COPY out of Postgres as the bare limits do it: bytes to a callback, nothing parsed.

import { to as copyTo } from 'pg-copy-streams'
import type { Pool } from '../../connections/postgres.ts'

export async function copyOut(
  pool: Pool,
  query: string,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const client = await pool.connect()
  try {
    const source = client.query(copyTo(`copy (${query}) to stdout`))
    for await (const chunk of source as AsyncIterable<Buffer>) take(chunk)
  } finally {
    client.release()
  }
}

/** Newlines inside values are escaped, so every one ends a row. */
export function* rowEnds(bytes: Buffer): Generator<number> {
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) yield at
}

export function countRows(bytes: Buffer): number {
  let rows = 0
  for (const _ of rowEnds(bytes)) rows += 1
  return rows
}

export function perSecond(rows: number, start: number): number {
  return rows / ((performance.now() - start) / 1_000)
}
