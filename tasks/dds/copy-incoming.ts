// Messages of raw into the temporary table that sql/dds/load/stage_event.sql judges.

import { copyRows } from '../../connections/copy-rows.ts'
import type { PoolClient, Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { INCOMING_COLUMNS, type IncomingRow, incomingRow } from './incoming.ts'
import { type PlacedMessage, readRawPage } from './raw-page.ts'
import type { PendingRange } from './watermarks.ts'

export interface IncomingRange {
  topic: string
  range: PendingRange
  /** Rows to take at most. */
  room: number
  /** What a message becomes; its verdict unless told otherwise. */
  rowOf?: (topic: string, range: PendingRange, message: PlacedMessage) => IncomingRow
}

/** The table is gone with the transaction, or when it is dropped. */
export async function createIncoming(client: PoolClient): Promise<void> {
  // The load stays in memory while it is judged.
  await client.query(`set local work_mem = '64MB'`)
  await client.query(`set local temp_buffers = '48MB'`)
  await client.query(await sqlFile('dds/load/incoming.sql'))
}

/**
 * Validates messages while Postgres takes those before them and reads those after them: `raw` is
 * another connection. Resolves with where the next load goes on.
 */
export async function copyIncoming(
  client: PoolClient,
  raw: Queryable,
  incoming: IncomingRange,
  signal: AbortSignal,
): Promise<{ until: bigint; count: number }> {
  const taken = { until: incoming.range.from, count: 0 }
  await copyRows(client, 'incoming', INCOMING_COLUMNS, pagesOf(raw, incoming, taken), signal)
  return taken
}

/** Counts in `taken` what it has yielded. */
async function* pagesOf(
  raw: Queryable,
  { topic, range, room, rowOf = incomingRow }: IncomingRange,
  taken: { until: bigint; count: number },
): AsyncGenerator<Iterable<IncomingRow>> {
  const read = () => {
    const page = readRawPage(raw, topic, { ...range, from: taken.until }, room - taken.count)
    // Who awaits it may be busy with the page before it.
    page.catch(() => {})
    return page
  }
  // One row at a time: the memory of each is free when the next is made.
  function* rowsOf(messages: readonly PlacedMessage[]) {
    for (const message of messages) yield rowOf(topic, range, message)
  }
  const isAtEnd = () => taken.until >= range.until || taken.count >= room
  if (isAtEnd()) return
  let reading = read()
  try {
    while (true) {
      const { messages, next } = await reading
      taken.until = next
      taken.count += messages.length
      if (!isAtEnd()) reading = read()
      yield rowsOf(messages)
      if (isAtEnd()) return
    }
  } finally {
    await Promise.allSettled([reading])
  }
}
