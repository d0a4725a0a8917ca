-- Grain: one message of incoming. Kind: delete from raw.quarantine, and only for a trial that is
-- rolled back: what is refused again is written there anew. Reads: incoming, raw.quarantine.
delete from raw.quarantine as refused
using incoming
where (
  refused.topic, refused.kafka_partition, refused.kafka_offset, refused.log_id
) = (
  incoming.topic,
  incoming.kafka_partition,
  incoming.kafka_offset,
  incoming.log_id
)
