-- title: user_events
-- layer: topic
-- topic: user_events
-- dag: generate_events
-- How far raw has landed each partition.
select
  kafka_partition as partition,
  next_offset
from raw.kafka_offsets
where topic = 'user_events'
