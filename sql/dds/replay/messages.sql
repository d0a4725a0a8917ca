-- Grain: one quarantined message of a log that waits for its replay, by place, after another one.
-- Kind: query. Reads: raw.quarantine, raw.message (when the log took it).
-- Parameters: $1 log, $2 topic, $3 reason or null, $4 partition, $5 offset of one place or nulls,
-- $6 and $7 place of the last one read, $8 how many, $9 bytes over which a value stays here.
select
  refused.kafka_partition,
  refused.kafka_offset,
  message.key,
  message.headers,
  case when octet_length(refused.value) <= $9::int then refused.value end
    as value,
  coalesce(octet_length(refused.value), 0) as bytes,
  message.received_at
from raw.quarantine as refused
inner join raw.message as message
  using (topic, kafka_partition, kafka_offset, log_id)
where refused.replayed_at is null
  and refused.log_id = $1
  and refused.topic = $2
  and ($3::text is null or refused.reason = $3)
  and (
    $4::int is null
    or (refused.kafka_partition, refused.kafka_offset) = ($4, $5::bigint)
  )
  and (refused.kafka_partition, refused.kafka_offset) > ($6::int, $7::bigint)
order by refused.kafka_partition, refused.kafka_offset
limit $8
