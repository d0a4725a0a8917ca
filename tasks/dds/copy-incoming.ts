// Messages of raw into the temporary table that sql/dds/load/stage_event.sql judges.

import { copyRows } from '../../connections/copy-rows.ts'
import type { PoolClient, Queryable } from '../../connections/postgres.ts'
import { readAhead } from '../../connections/read-ahead.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import { INCOMING_COLUMNS, type IncomingRow, incomingRow } from './incoming.ts'
import { type PlacedMessage, readRaw } from './raw-page.ts'
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
  await client.query(await sqlFile('dds/load/incoming.sql'))
}

/** By what the messages are judged, once all are there. */
export async function analyzeIncoming(client: PoolClient): Promise<void> {
  await client.query('analyze incoming (kafka_partition, kafka_offset, reason, event_type)')
}

/**
 * Validates messages while Postgres takes those before them and reads those after them: `raw` is
 * another connection. Resolves with where the next load goes on.
 */
export async function copyIncoming(
  client: PoolClient,
  raw: Queryable,
  { topic, range, room, rowOf = incomingRow }: IncomingRange,
  signal: AbortSignal,
): Promise<{ until: bigint; count: number }> {
  const taken = { until: range.from, count: 0 }
  /** One row at a time: the memory of each is free when the next is made. */
  function* rowsOf(messages: readonly PlacedMessage[]) {
    for (const message of messages) yield rowOf(topic, range, message)
  }
  async function* pages() {
    for await (const { messages, next } of readAhead(readRaw(raw, topic, range, room, signal))) {
      taken.until = next
      taken.count += messages.length
      yield rowsOf(messages)
    }
  }
  await copyRows(client, 'incoming', INCOMING_COLUMNS, pages(), signal)
  return taken
}
