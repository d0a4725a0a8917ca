-- Grain: one message of the ranges of a load that was refused once and taken after all.
-- Kind: query. Reads: raw.replay, raw.quarantine, dds.load. Parameters: $1 load id.
select
  replay.kafka_partition,
  replay.kafka_offset,
  replay.load_id = load.load_id as is_taken_here,
  replay.mended_value,
  replay.said_source,
  refused.event_id,
  refused.reason,
  refused.detail
from dds.load
cross join jsonb_array_elements(load.ranges) as part
inner join raw.replay as replay
  on replay.topic = load.topic
  and replay.log_id = load.log_id
  and replay.kafka_partition = (part ->> 0)::int
  and replay.kafka_offset >= (part ->> 1)::bigint
  and replay.kafka_offset < (part ->> 2)::bigint
inner join raw.quarantine as refused
  on refused.topic = replay.topic
  and refused.kafka_partition = replay.kafka_partition
  and refused.kafka_offset = replay.kafka_offset
  and refused.log_id = replay.log_id
where load.load_id = $1
