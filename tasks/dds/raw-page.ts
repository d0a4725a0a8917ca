// Messages of one partition of raw in offset order, a page at a time. Values over the limit stay in
// the database: they are refused by their size, and quarantine copies them there.

import type { Queryable } from '../../connections/postgres.ts'
import { onlySourceOf } from '../messages/source-rules.ts'
import { MAX_MESSAGE_BYTES, type RawMessage } from '../messages/validate-message.ts'
import type { MessageHeaders } from '../messages/which-source.ts'
import type { PendingRange } from './watermarks.ts'

const PAGE_ROWS = 500

export interface PlacedMessage extends RawMessage {
  offset: string
}

export interface RawPage {
  messages: PlacedMessage[]
  /** Where the next page begins; the end of the range when nothing is left. */
  next: bigint
}

/** Up to `room` messages of the range. */
export async function* readRaw(
  db: Queryable,
  topic: string,
  range: PendingRange,
  room: number,
  signal: AbortSignal,
): AsyncGenerator<RawPage> {
  let { from } = range
  let left = room
  while (from < range.until && left > 0) {
    signal.throwIfAborted()
    const page = await readPage(db, topic, { ...range, from }, left)
    yield page
    from = page.next
    left -= page.messages.length
  }
}

async function readPage(
  db: Queryable,
  topic: string,
  { logId, partition, from, until }: PendingRange,
  room: number,
): Promise<RawPage> {
  const limit = Math.min(PAGE_ROWS, room)
  const { rows } = await db.query<{
    kafka_offset: string
    key: Buffer | null
    headers: MessageHeaders
    value: Buffer | null
    bytes: number
    received_at: Date
  }>(
    `select
       kafka_offset,
       key,
       headers,
       case when octet_length(value) <= $6 then value end as value,
       coalesce(octet_length(value), 0) as bytes,
       received_at
     from raw.message
     where topic = $1 and kafka_partition = $2 and log_id = $3
       and kafka_offset >= $4 and kafka_offset < $5
     order by kafka_offset
     limit $7`,
    [topic, partition, logId, from, until, MAX_MESSAGE_BYTES, limit],
  )
  const last = rows.at(-1)
  // Offsets may have gaps: only a short page proves that the range has ended.
  const next = rows.length < limit || last === undefined ? until : BigInt(last.kafka_offset) + 1n
  const onlySource = onlySourceOf(topic)
  return {
    next,
    messages: rows.map((row) => ({
      topic,
      offset: row.kafka_offset,
      key: row.key,
      headers: row.headers,
      onlySource,
      value: row.value,
      bytes: row.bytes,
      receivedAt: row.received_at,
    })),
  }
}
