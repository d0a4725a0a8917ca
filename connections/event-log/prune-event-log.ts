// Retention of the Postgres event log. Offsets stay: the next append goes on where it would have.

import type { Pool } from '../postgres.ts'

const MESSAGES_PER_DELETE = 20_000

/**
 * Removes the oldest messages of a topic, up to the first of each partition that is not older than
 * `olderThan`, in short transactions. Appends go on meanwhile; a reader that still wants what was
 * removed gets OffsetOutOfRangeError. Returns how many were removed.
 */
export async function pruneTopic(pool: Pool, topic: string, olderThan: Date): Promise<number> {
  let removed = 0
  for (;;) {
    // Both bounds follow the primary key, so a prefix goes and never a message from the middle.
    const { rowCount } = await pool.query(
      `with kept as (
         select p.partition, coalesce(
           (select m.log_offset from event_log.message as m
            where m.topic = p.topic and m.partition = p.partition and m.taken_at >= $2
            order by m.log_offset limit 1),
           p.next_offset
         ) as first_kept
         from event_log.partition as p
         where p.topic = $1
       ), doomed as (
         select m.topic, m.partition, m.log_offset
         from event_log.message as m
         join kept on m.partition = kept.partition and m.log_offset < kept.first_kept
         where m.topic = $1
         order by m.topic, m.partition, m.log_offset
         limit $3
       )
       delete from event_log.message as m
       using doomed as d
       where m.topic = d.topic and m.partition = d.partition and m.log_offset = d.log_offset`,
      [topic, olderThan, MESSAGES_PER_DELETE],
    )
    removed += rowCount ?? 0
    if ((rowCount ?? 0) < MESSAGES_PER_DELETE) return removed
  }
}
