// How far raw has landed a topic. Offsets move by compare-and-set on the value that the landing
// began from, in the transaction of its rows, so two landings can never both write a range.

import type { Queryable } from '../../connections/postgres.ts'
import type { LastMessage } from './last-message.ts'
import { LogChangedError } from './log-errors.ts'

export interface OffsetMove {
  topic: string
  partition: number
  logId: string
  from: bigint
  to: bigint
  /** The last message below `to`; none where the range holds no message, as between transactions. */
  last?: LastMessage
}

export class OffsetMovedError extends Error {
  override name = 'OffsetMovedError'
}

export interface LandedOffsets {
  /**
   * The log as raw's rows carry it: its id, and `#2`, `#3`, … after it was left by adopt-log and
   * begun anew. A log that was restored keeps its id, yet its offsets mean other messages then.
   */
  logId: string
  /** The first offset of each partition that is not landed; partitions never landed are missing. */
  next: Map<number, bigint>
  /** The last message landed of each partition, where one is known. */
  last: Map<number, LastMessage>
}

/** @throws LogChangedError when raw was landed from another log. */
export async function readOffsets(
  db: Queryable,
  topic: string,
  logId: string,
): Promise<LandedOffsets> {
  const { rows } = await db.query<{
    kafka_partition: number | null
    next_offset: string
    log_id: string
    last_offset: string | null
    last_digest: string | null
  }>(
    `select kafka_partition, next_offset, log_id, last_offset, last_digest
     from raw.kafka_offsets where topic = $1
     union all
     select distinct null::int, 0, log_id, null::bigint, null
     from raw.former_offsets where topic = $1`,
    [topic],
  )
  const landed = rows.filter((row) => row.kafka_partition !== null)
  const other = landed.find((row) => beginning(row.log_id, logId) === null)
  if (other !== undefined) {
    throw new LogChangedError(
      `Topic "${topic}": raw was landed from log ${other.log_id}, but the event log is now ${logId}, ` +
        'whose offsets mean other messages. Put the old log back: KAFKA_BROKERS set to its brokers, or ' +
        'unset if it was the embedded one. Or go on with the new one from its beginning: ' +
        `\`terrace db adopt-log ${topic}\`.`,
    )
  }
  const left = rows.map((row) => beginning(row.log_id, logId) ?? 0)
  const next = Math.max(0, ...left) + 1
  return {
    logId: landed[0]?.log_id ?? (next === 1 ? logId : `${logId}#${next}`),
    next: new Map(landed.map((row) => [row.kafka_partition!, BigInt(row.next_offset)])),
    last: new Map(
      landed.flatMap(({ kafka_partition, last_offset, last_digest }) =>
        last_offset === null || last_digest === null
          ? []
          : [[kafka_partition!, { offset: BigInt(last_offset), digest: last_digest }]],
      ),
    ),
  }
}

/** Which beginning of the log a stored id names, from 1; null: another log. */
function beginning(stored: string, logId: string): number | null {
  if (stored === logId) return 1
  const number = stored.startsWith(`${logId}#`) ? stored.slice(logId.length + 1) : ''
  return /^\d+$/.test(number) ? Number(number) : null
}

/** @throws OffsetMovedError when somebody else moved the offset meanwhile. */
export async function moveOffset(db: Queryable, move: OffsetMove): Promise<void> {
  const { rowCount } = await db.query(
    `with moved as (
       update raw.kafka_offsets
       set
         next_offset = $5,
         moved_at = now(),
         last_offset = coalesce($6::bigint, last_offset),
         last_digest = coalesce($7::text, last_digest)
       where topic = $1 and kafka_partition = $2 and log_id = $3 and next_offset = $4
       returning 1
     ),
     started as (
       insert into raw.kafka_offsets
         (topic, kafka_partition, log_id, next_offset, last_offset, last_digest)
       select $1, $2, $3, $5, $6, $7
       where not exists (
         select from raw.kafka_offsets where topic = $1 and kafka_partition = $2
       ) and not exists (
         -- Left meanwhile: what was read under this id must not begin it again.
         select from raw.former_offsets where topic = $1 and log_id = $3
       )
       on conflict do nothing
       returning 1
     )
     select from moved union all select from started`,
    [
      move.topic,
      move.partition,
      move.logId,
      move.from,
      move.to,
      move.last?.offset ?? null,
      move.last?.digest ?? null,
    ],
  )
  if (rowCount === 1) return
  throw new OffsetMovedError(
    `Topic "${move.topic}", partition ${move.partition}: offsets ${move.from} to ${move.to} were read, ` +
      'but another landing moved the stored offset meanwhile. The rows of this one are dropped; ' +
      'its next attempt begins where the other ended.',
  )
}
