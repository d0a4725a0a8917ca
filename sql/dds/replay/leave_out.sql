-- Grain: one message that is refused again. Kind: delete from incoming. Reads: incoming.
-- Parameters: $1 partitions, $2 offsets.
delete from incoming
using unnest($1::int[], $2::bigint[]) as again (kafka_partition, kafka_offset)
where incoming.kafka_partition = again.kafka_partition
  and incoming.kafka_offset = again.kafka_offset
