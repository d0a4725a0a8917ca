-- Grain: one log and topic with messages to replay, in the order in which they were refused.
-- Kind: query. Reads: raw.quarantine.
-- Parameters: $1 reason or null, $2 topic, $3 partition, $4 offset, $5 log of one place or nulls.
select log_id, topic
from raw.quarantine
where replayed_at is null
  and ($1::text is null or reason = $1)
  and (
    $2::text is null
    or (topic, kafka_partition, kafka_offset, log_id)
      = ($2, $3::int, $4::bigint, $5::text)
  )
group by log_id, topic
order by min(quarantined_at), log_id, topic
