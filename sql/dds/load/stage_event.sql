-- Grain: one message of the load, to exactly one of dds.stage_event, raw.duplicate, raw.quarantine;
-- and the row of dds.load that counts them. Kind: insert-only, in the watermark's transaction.
-- Reads: incoming, dds.nl_event, dds.stage_event, raw.user_events (bytes for quarantine).
-- Parameters: $1 log, $2 topic, $3 ranges, $4 rule version.
--
-- The first message of an event id in (partition, offset) order is the event. Another one with the
-- same content is a duplicate, with other content a conflict that people must look at.
with keyed as (
  select
    incoming.*,
    dds.hash_key(source, event_id) as event_hk
  from incoming
  where reason is null
),
ranked as (
  select
    keyed.*,
    row_number() over place as nth,
    first_value(payload_hash) over place as first_hash
  from keyed
  window place as (
    partition by event_hk
    order by kafka_partition, kafka_offset
  )
),
judged as (
  select
    ranked.*,
    coalesce(loaded.payload_hash, staged.payload_hash) as known_hash
  from ranked
  left join dds.nl_event as loaded using (event_hk)
  left join dds.stage_event as staged using (event_hk)
),
accepted as (
  select * from judged
  where known_hash is null and nth = 1
),
repeated as (
  select * from judged
  where (known_hash is not null or nth > 1)
    and payload_hash = coalesce(known_hash, first_hash)
),
refused as (
  select kafka_partition, kafka_offset, event_id, reason, detail
  from incoming
  where reason is not null
  union all
  select
    kafka_partition,
    kafka_offset,
    event_id,
    'event_id_conflict',
    'Event id ' || event_id || ' of ' || source
      || ' was accepted before with another payload.'
  from judged
  where (known_hash is not null or nth > 1)
    and payload_hash <> coalesce(known_hash, first_hash)
),
new_load as (
  insert into dds.load (
    log_id, topic, ranges, state, rule_version,
    count_raw, count_staged, count_duplicates, count_quarantined
  )
  select
    $1::text,
    $2::text,
    $3::jsonb,
    'staged',
    $4::int,
    (select count(*) from incoming),
    (select count(*) from accepted),
    (select count(*) from repeated),
    (select count(*) from refused)
  returning load_id, count_raw, count_duplicates, count_quarantined
),
staging as (
  insert into dds.stage_event (
    event_hk, load_id, source, event_id, event_type, schema_version,
    occurred_at, user_id, session_id, product_id, platform, payload,
    payload_hash, log_id, topic, kafka_partition, kafka_offset
  )
  select
    event_hk, load_id, source, event_id, event_type, schema_version,
    occurred_at, user_id, session_id, product_id, platform, payload,
    payload_hash, log_id, topic, kafka_partition, kafka_offset
  from accepted
  cross join new_load
),
counting as (
  insert into raw.duplicate (
    log_id, topic, kafka_partition, kafka_offset, load_id, source, event_id
  )
  select
    log_id, topic, kafka_partition, kafka_offset, load_id, source, event_id
  from repeated
  cross join new_load
),
quarantining as (
  insert into raw.quarantine (
    log_id, topic, kafka_partition, kafka_offset, load_id, key, value, source,
    event_id, reason, detail, rule_version
  )
  select
    message.log_id,
    message.topic,
    message.kafka_partition,
    message.kafka_offset,
    new_load.load_id,
    message.key,
    message.value,
    message.source,
    refused.event_id,
    refused.reason,
    refused.detail,
    $4::int
  from refused
  cross join new_load
  inner join raw.user_events as message
    on message.topic = $2
    and message.log_id = $1
    and message.kafka_partition = refused.kafka_partition
    and message.kafka_offset = refused.kafka_offset
)
select load_id, count_raw, count_duplicates, count_quarantined
from new_load
