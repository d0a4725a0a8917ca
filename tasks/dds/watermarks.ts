// How far raw was validated, per (log, topic, partition), whose rows land in offset order. Never by
// a sequence: its values become visible out of order, and rows would be skipped.

import type { Queryable } from '../../connections/postgres.ts'

/** Landed offsets of one partition that were not validated: from, up to and not including until. */
export interface PendingRange {
  logId: string
  partition: number
  from: bigint
  until: bigint
}

export class WatermarkMovedError extends Error {
  override name = 'WatermarkMovedError'
}

/** Partitions with landed messages that are not validated; of logs that were left first. */
export async function pendingRanges(db: Queryable, topic: string): Promise<PendingRange[]> {
  const { rows } = await db.query<{
    log_id: string
    kafka_partition: number
    from_offset: string
    until_offset: string
  }>(
    `with landed as (
       select log_id, topic, kafka_partition, next_offset, 0 as age from raw.former_offsets
       union all
       select log_id, topic, kafka_partition, next_offset, 1 as age from raw.kafka_offsets
     )
     select
       landed.log_id,
       landed.kafka_partition,
       coalesce(watermark.next_offset, 0) as from_offset,
       max(landed.next_offset) as until_offset
     from landed
     left join dds.raw_watermark as watermark using (log_id, topic, kafka_partition)
     where landed.topic = $1 and landed.next_offset > coalesce(watermark.next_offset, 0)
     group by landed.log_id, landed.kafka_partition, watermark.next_offset
     order by min(landed.age), landed.log_id, landed.kafka_partition`,
    [topic],
  )
  return rows.map((row) => ({
    logId: row.log_id,
    partition: row.kafka_partition,
    from: BigInt(row.from_offset),
    until: BigInt(row.until_offset),
  }))
}

/** @throws WatermarkMovedError when another load took the range meanwhile. */
export async function moveRawWatermark(
  db: Queryable,
  topic: string,
  { logId, partition, from, until }: PendingRange,
): Promise<void> {
  const { rowCount } = await db.query(
    `insert into dds.raw_watermark (log_id, topic, kafka_partition, next_offset)
     select $1, $2, $3, $5
     where $4::bigint = 0 or exists (
       select from dds.raw_watermark
       where log_id = $1 and topic = $2 and kafka_partition = $3
     )
     on conflict (log_id, topic, kafka_partition) do update
     set next_offset = excluded.next_offset, moved_at = now()
     where raw_watermark.next_offset = $4`,
    [logId, topic, partition, from, until],
  )
  if (rowCount === 1) return
  throw new WatermarkMovedError(
    `Topic "${topic}", partition ${partition}: offsets ${from} to ${until} were validated, but ` +
      'another load moved the watermark meanwhile. This load is dropped; the next attempt begins ' +
      'where the other ended.',
  )
}
