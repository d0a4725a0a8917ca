// From Postgres to ClickHouse as a stream: COPY's text format is ClickHouse's TabSeparated (null is
// \N, the same escapes), so rows pass through Node as bytes and no value is ever parsed.
//
// Rejected: ClickHouse's postgresql() table function. It is as fast, but the query would carry the
// warehouse's password, and ClickHouse would have to reach Postgres by the address that we use.

import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { to as copyTo } from 'pg-copy-streams'
import type { PoolClient } from './postgres.ts'

export interface CopyToClickHouse {
  /** A select without parameters: COPY takes none. */
  query: string
  table: string
  columns: readonly string[]
  signal: AbortSignal
}

/** Returns the number of rows. The target has some of them when it throws. */
export async function copyToClickHouse(
  client: PoolClient,
  clickhouse: ClickHouseClient,
  { query, table, columns, signal }: CopyToClickHouse,
): Promise<number> {
  const source = client.query(copyTo(`copy (${query}) to stdout`))
  let rows = 0
  // Newlines inside values are escaped, so every one ends a row. The count must be in the pipe: a
  // listener beside it would start the flow before ClickHouse's request reads.
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1
      done(null, chunk)
    },
  })
  await Promise.all([
    pipeline(source, counted, { signal }),
    clickhouse.insert({
      table,
      columns: columns as [string, ...string[]],
      values: counted,
      format: 'TabSeparated',
      abort_signal: signal,
    }),
  ])
  return rows
}
