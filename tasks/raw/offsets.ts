// How far raw has landed a topic. Offsets move by compare-and-set on the value that the landing
// began from, in the transaction of its rows, so two landings can never both write a range.

import type { Queryable } from '../../connections/postgres.ts'

export interface OffsetMove {
  topic: string
  partition: number
  logId: string
  from: bigint
  to: bigint
}

export class LogChangedError extends Error {
  override name = 'LogChangedError'
}

export class OffsetMovedError extends Error {
  override name = 'OffsetMovedError'
}

/**
 * The first offset of each partition that is not landed; partitions never landed are missing.
 *
 * @throws LogChangedError when raw was landed from another log.
 */
export async function readOffsets(
  db: Queryable,
  topic: string,
  logId: string,
): Promise<Map<number, bigint>> {
  const { rows } = await db.query<{
    kafka_partition: number
    next_offset: string
    log_id: string
  }>('select kafka_partition, next_offset, log_id from raw.kafka_offsets where topic = $1', [topic])
  const other = rows.find((row) => row.log_id !== logId)
  if (other !== undefined) {
    throw new LogChangedError(
      `Topic "${topic}": raw was landed from log ${other.log_id}, but the event log is now ${logId}, ` +
        'whose offsets mean other messages. Put the old log back (KAFKA_BROKERS), or go on with the ' +
        `new one from its beginning: \`terrace db adopt-log ${topic}\`.`,
    )
  }
  return new Map(rows.map((row) => [row.kafka_partition, BigInt(row.next_offset)]))
}

/** @throws OffsetMovedError when somebody else moved the offset meanwhile. */
export async function moveOffset(db: Queryable, move: OffsetMove): Promise<void> {
  const { rowCount } = await db.query(
    `with moved as (
       update raw.kafka_offsets
       set next_offset = $5, moved_at = now()
       where topic = $1 and kafka_partition = $2 and log_id = $3 and next_offset = $4
       returning 1
     ),
     started as (
       insert into raw.kafka_offsets (topic, kafka_partition, log_id, next_offset)
       select $1, $2, $3, $5
       where not exists (
         select from raw.kafka_offsets where topic = $1 and kafka_partition = $2
       )
       on conflict do nothing
       returning 1
     )
     select from moved union all select from started`,
    [move.topic, move.partition, move.logId, move.from, move.to],
  )
  if (rowCount === 1) return
  throw new OffsetMovedError(
    `Topic "${move.topic}", partition ${move.partition}: offsets ${move.from} to ${move.to} were read, ` +
      'but another landing moved the stored offset meanwhile. The rows of this one are dropped; ' +
      'its next attempt begins where the other ended.',
  )
}
