// Messages of raw into the temporary table that sql/dds/load/stage_event.sql judges.

import { copyRows } from '../../connections/copy-rows.ts'
import type { PoolClient } from '../../connections/postgres.ts'
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
  await client.query(await sqlFile('dds/load/incoming.sql'))
}

/** Resolves with where the next load goes on. */
export async function copyIncoming(
  client: PoolClient,
  { topic, range, room, rowOf = incomingRow }: IncomingRange,
  signal: AbortSignal,
): Promise<{ until: bigint; count: number }> {
  let { from } = range
  let count = 0
  while (from < range.until && count < room) {
    signal.throwIfAborted()
    const page = await readRawPage(client, topic, { ...range, from }, room - count)
    const rows = page.messages.map((message) => rowOf(topic, range, message))
    await copyRows(client, 'incoming', INCOMING_COLUMNS, rows, signal)
    count += rows.length
    from = page.next
  }
  return { until: from, count }
}
