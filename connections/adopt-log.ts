// What `terrace db adopt-log <topic>` does: puts aside how far raw landed a topic from its former
// log, so that landing begins anew with the one that is there now. Rows keep the id of their log, and
// watermarks of later layers are per log: nothing is overwritten or counted twice. A log that keeps its
// id (it was restored from an older copy) is landed as `<id>#2`, so that also its rows are apart.

import type { Queryable } from './postgres.ts'

/** Returns the id of the log that was left; null when the topic was never landed. */
export async function adoptLog(db: Queryable, topic: string): Promise<string | null> {
  const { rows } = await db.query<{ log_id: string }>(
    `with left_behind as (
       delete from raw.kafka_offsets where topic = $1 returning *
     )
     insert into raw.former_offsets (log_id, topic, kafka_partition, next_offset)
     select log_id, topic, kafka_partition, next_offset from left_behind
     on conflict (log_id, topic, kafka_partition) do update
     set next_offset = excluded.next_offset, left_at = now()
     returning log_id`,
    [topic],
  )
  return rows[0]?.log_id ?? null
}

export async function landedTopics(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ topic: string }>(
    'select distinct topic from raw.kafka_offsets order by topic',
  )
  return rows.map((row) => row.topic)
}
