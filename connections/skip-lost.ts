// What `terrace db skip-lost <topic>` does: moves the stored offsets of raw over messages that the
// log removed before they were landed, so that landing goes on with the first one that is left. What
// was landed stays, and partitions that lost nothing keep their place.

import type { EventLog } from './event-log/types.ts'
import { inTransaction, type Pool } from './postgres.ts'

export interface SkippedRange {
  partition: number
  from: bigint
  /** The first offset that the log still holds. */
  until: bigint
}

/** Returns what was skipped: nothing where the log still holds all that was not landed. */
export async function skipLost(pool: Pool, log: EventLog, topic: string): Promise<SkippedRange[]> {
  const logId = await log.logId()
  const ranges = await log.ranges(topic)
  return inTransaction(pool, async (client) => {
    const skipped: SkippedRange[] = []
    for (const { partition, firstOffset } of ranges) {
      // A log that was begun anew is landed as `<id>#2`.
      const { rows } = await client.query<{ next_offset: string }>(
        `with stored as (
           select topic, kafka_partition, next_offset from raw.kafka_offsets
           where topic = $1 and kafka_partition = $2 and next_offset < $3
             and (log_id = $4 or starts_with(log_id, $4 || '#'))
           for update
         )
         update raw.kafka_offsets as landed
         set next_offset = $3, moved_at = now()
         from stored
         where landed.topic = stored.topic and landed.kafka_partition = stored.kafka_partition
         returning stored.next_offset`,
        [topic, partition, firstOffset, logId],
      )
      const stored = rows[0]
      if (stored) skipped.push({ partition, from: BigInt(stored.next_offset), until: firstOffset })
    }
    return skipped
  })
}
