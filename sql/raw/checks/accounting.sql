-- Offending: messages of the loads ($1) that are not exactly one of loaded, counted duplicate,
-- quarantined.
-- Kind: check. Reads: dds.load, dds.nl_event, raw.duplicate, raw.quarantine, raw.user_events.
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
    message.kafka_offset,
    message.source
  from ranges
  inner join raw.user_events as message
    on message.topic = ranges.topic
    and message.kafka_partition = ranges.kafka_partition
    and message.log_id = ranges.log_id
    and message.kafka_offset >= ranges.from_offset
    and message.kafka_offset < ranges.until_offset
),
outcomes as (
  select
    load_id, log_id, topic, kafka_partition, kafka_offset,
    'loaded' as outcome
  from dds.nl_event
  where load_id = any($1::bigint[])
  union all
  select
    load_id, log_id, topic, kafka_partition, kafka_offset,
    'duplicate' as outcome
  from raw.duplicate
  where load_id = any($1::bigint[])
  union all
  select
    load_id, log_id, topic, kafka_partition, kafka_offset,
    'quarantined' as outcome
  from raw.quarantine
  where load_id = any($1::bigint[])
)
select
  load_id,
  kafka_partition,
  kafka_offset,
  count(outcomes.outcome) as count_outcomes,
  string_agg(outcomes.outcome, ', ' order by outcomes.outcome) as outcomes
from messages
full join outcomes
  using (load_id, log_id, topic, kafka_partition, kafka_offset)
group by 1, 2, 3
having count(outcomes.outcome) <> 1 or count(messages.source) = 0
