// From Postgres to ClickHouse as a stream: COPY's text format is ClickHouse's TabSeparatedWithNames
// (null is \N, the same escapes), so rows pass through Node as bytes and no value is ever parsed.
// Columns go by their names.
//
// Rejected: ClickHouse's postgresql() table function. It is as fast, but the query would carry the
// warehouse's password, and ClickHouse would have to reach Postgres by the address that we use.

import { once } from 'node:events'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { DatabaseError } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { PoolClient } from './postgres.ts'

export interface CopyToClickHouse {
  /** A select without parameters: COPY takes none. */
  query: string
  table: string
  signal: AbortSignal
}

export class CopyToClickHouseError extends Error {
  override name = 'CopyToClickHouseError'
}

/**
 * Returns the number of rows. The target may have some of them when it throws, and unless Postgres
 * itself refused the query, the client is closed then: Postgres goes on sending a COPY that nobody
 * reads, and whatever is asked next on its connection, say a rollback, would wait for ever.
 */
export async function copyToClickHouse(
  client: PoolClient,
  clickhouse: ClickHouseClient,
  { query, table, signal }: CopyToClickHouse,
): Promise<number> {
  signal.throwIfAborted()
  const source = client.query(copyTo(`copy (${query}) to stdout with (format text, header)`))
  // Closing the client errors the copy once more, after the pipeline has stopped listening.
  source.on('error', () => {})
  let lines = 0
  // Newlines inside values are escaped, so every one ends a row (the first is the header). The count
  // must be in the pipe: a listener beside it would start the flow before ClickHouse's request reads.
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1
      done(null, chunk)
    },
  })
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const read = pipeline(source, counted, { signal: either })
  // Only now: a request that sends nothing for half a minute is hung up on, and Postgres may take
  // longer than that to its first row.
  const written = once(counted, 'readable', { signal: either }).then(() =>
    clickhouse.insert({
      table,
      values: counted,
      format: 'TabSeparatedWithNames',
      // A column that the table does not have would be left out in silence.
      clickhouse_settings: { input_format_skip_unknown_fields: 0 },
      abort_signal: either,
    }),
  )
  try {
    await Promise.race([Promise.all([read, written]), aborted(either)])
    return lines - 1
  } catch (cause) {
    failed.abort()
    counted.destroy()
    void written.catch(() => {})
    await read.catch(() => {})
    if (cause instanceof DatabaseError) throw cause
    await client.end().catch(() => {})
    signal.throwIfAborted()
    throw new CopyToClickHouseError(
      `Table ${table}: ClickHouse did not take the rows that Postgres sent (${messageOf(cause)}). ` +
        'See that ClickHouse runs at CLICKHOUSE_URL and has the table, memory and space for them; ' +
        'then try again: rows that it took are replaced.',
      { cause },
    )
  }
}

/** The driver does not tell of an abort while it waits for the response of a broken request. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  // A refused connection that was tried over IPv4 and IPv6 has no message, only a code.
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name)
}
