-- Offending: messages of the loads ($1) that are not exactly one of loaded, counted duplicate,
-- quarantined.
-- Kind: check. Reads: dds.load, dds.nl_event, raw.duplicate, raw.quarantine, raw.message.
with ranges as (
  select
    load.load_id,
    load.log_id,
    load.topic,
    (part ->> 0)::int as kafka_partition,
    (part ->> 1)::bigint as from_offset,
    (part ->> 2)::bigint as until_offset
  from dds.load
  cross join jsonb_array_elements(load.ranges) as part
  where load.load_id = any($1::bigint[])
),
messages as (
  select
    ranges.load_id,
    message.log_id,
    message.topic,
    message.kafka_partition,
    message.kafka_offset
  from ranges
  cross join lateral (
    -- offset 0: each range is read by the key. A join read all of raw for each.
    select log_id, topic, kafka_partition, kafka_offset
    from raw.message
    where topic = ranges.topic
      and kafka_partition = ranges.kafka_partition
      and log_id = ranges.log_id
      and kafka_offset >= ranges.from_offset
      and kafka_offset < ranges.until_offset
    offset 0
  ) as message
),
marks as (
  select
    load_id, log_id, topic, kafka_partition, kafka_offset,
    1 as is_message,
    null as outcome
  from messages
  union all
  select
    load_id, log_id, topic, kafka_partition, kafka_offset,
    0 as is_message,
    'loaded' as outcome
  from dds.nl_event
  where load_id = any($1::bigint[])
  union all
  select
    load_id, log_id, topic, kafka_partition, kafka_offset,
    0 as is_message,
    'duplicate' as outcome
  from raw.duplicate
  where load_id = any($1::bigint[])
  union all
  select
    load_id, log_id, topic, kafka_partition, kafka_offset,
    0 as is_message,
    'quarantined' as outcome
  from raw.quarantine
  where load_id = any($1::bigint[])
)
select
  load_id,
  kafka_partition,
  kafka_offset,
  count(outcome) as count_outcomes,
  -- Without an order of its own: sorting each group took most of the time.
  string_agg(outcome, ', ') as outcomes
from marks
group by load_id, log_id, topic, kafka_partition, kafka_offset
having count(outcome) <> 1 or sum(is_message) <> 1
