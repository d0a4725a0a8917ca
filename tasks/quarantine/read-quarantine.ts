// What is in quarantine, for people. Types and not interfaces, so that rows print as they are.

import type { Queryable } from '../../connections/postgres.ts'
import type { Place } from './replay.ts'

export type ReasonCount = {
  reason: string
  waiting: string
  replayed: string
  last_at: Date
}

export interface ListFilter {
  reason?: string
  topic?: string
  since?: Date
}

export type ListedMessage = {
  topic: string
  partition: number
  offset: string
  source: string
  event_id: string | null
  reason: string
  detail: string
  quarantined_at: Date
  replayed_at: Date | null
}

const MATCHES = `($1::text is null or reason = $1)
    and ($2::text is null or topic = $2)
    and ($3::timestamptz is null or quarantined_at >= $3)`

const parameters = ({ reason, topic, since }: ListFilter) => [
  reason ?? null,
  topic ?? null,
  since ?? null,
]

export async function countReasons(db: Queryable, filter: ListFilter): Promise<ReasonCount[]> {
  const { rows } = await db.query<ReasonCount>(
    `select
       reason,
       count(*) filter (where replayed_at is null) as waiting,
       count(replayed_at) as replayed,
       max(quarantined_at) as last_at
     from raw.quarantine
     where ${MATCHES}
     group by reason
     order by 2 desc, reason`,
    parameters(filter),
  )
  return rows
}

/** The newest first; those that were replayed only when they are asked for. */
export async function listMessages(
  db: Queryable,
  filter: ListFilter & { withReplayed: boolean; limit: number },
): Promise<ListedMessage[]> {
  const { rows } = await db.query<ListedMessage>(
    `select topic, kafka_partition as partition, kafka_offset as offset, source, event_id, reason,
       detail, quarantined_at, replayed_at
     from raw.quarantine
     where ${MATCHES} and ($4 or replayed_at is null)
     order by quarantined_at desc, topic, kafka_partition, kafka_offset, log_id
     limit $5`,
    [...parameters(filter), filter.withReplayed, filter.limit],
  )
  return rows
}

export type QuarantinedMessage = {
  topic: string
  partition: number
  offset: string
  log_id: string
  received_at: Date | null
  source: string
  event_id: string | null
  reason: string
  detail: string
  rule_version: number
  load_id: string
  quarantined_at: Date
  replayed_at: Date | null
  replayed_by: string | null
  replay_load_id: string | null
  outcome: string | null
  headers: Record<string, unknown> | null
  key: Buffer | null
  value: Buffer | null
  mended_value: Buffer | null
  said_source: string | null
}

/** One message for each log that has the place: offsets of another log begin at 0 again. */
export async function readMessages(
  db: Queryable,
  { topic, partition, offset }: Omit<Place, 'logId'>,
): Promise<QuarantinedMessage[]> {
  const { rows } = await db.query<QuarantinedMessage>(
    `select
       topic, kafka_partition as partition, kafka_offset as offset, log_id, message.received_at,
       refused.source, refused.event_id, refused.reason, refused.detail, refused.rule_version,
       refused.load_id, refused.quarantined_at, refused.replayed_at, replay.replayed_by,
       replay.load_id as replay_load_id, replay.outcome, message.headers, refused.key,
       refused.value, replay.mended_value, replay.said_source
     from raw.quarantine as refused
     left join raw.message as message using (topic, kafka_partition, kafka_offset, log_id)
     left join raw.replay as replay using (topic, kafka_partition, kafka_offset, log_id)
     where topic = $1 and kafka_partition = $2 and kafka_offset = $3
     order by refused.quarantined_at desc`,
    [topic, partition, offset],
  )
  return rows
}

/** Those of former logs as well: what was refused of them is still there. */
export async function landedTopics(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ topic: string }>(
    `select topic from raw.kafka_offsets
     union
     select topic from raw.former_offsets
     order by topic`,
  )
  return rows.map(({ topic }) => topic)
}
