-- Grain: one message that the replay took. Kind: insert-only into raw.replay; sets replayed_at of
-- raw.quarantine. Reads: incoming, raw.duplicate, raw.quarantine.
-- Parameters: $1 load, $2 rule version, $3 mended bytes or null, $4 who, $5 the source that it
-- was said to be of or null.
with taken as (
  select
    incoming.log_id,
    incoming.topic,
    incoming.kafka_partition,
    incoming.kafka_offset,
    case when repeated.load_id is null then 'staged' else 'duplicate' end
      as outcome
  from incoming
  left join raw.duplicate as repeated
    using (topic, kafka_partition, kafka_offset, log_id)
),
recording as (
  insert into raw.replay (
    log_id, topic, kafka_partition, kafka_offset, load_id, outcome,
    rule_version, mended_value, replayed_by, said_source
  )
  select
    log_id, topic, kafka_partition, kafka_offset, $1::bigint, outcome,
    $2::int, $3::bytea, $4::text, $5::text
  from taken
)
update raw.quarantine as refused
set replayed_at = now()
from taken
where (
  refused.topic, refused.kafka_partition, refused.kafka_offset, refused.log_id
) = (
  taken.topic, taken.kafka_partition, taken.kafka_offset, taken.log_id
)
