-- title: user_events
-- layer: raw
-- reads: topic_user_events
-- dag: kafka_to_raw
-- Landings are counted and not messages: there may be millions of these.
with landings as (
  select
    sum(count_rows) as rows,
    max(landed_at) as newest_at
  from raw.batch
  where topic = 'user_events'
),
landed as (
  select log_id, topic, kafka_partition, next_offset from raw.former_offsets
  union all
  select log_id, topic, kafka_partition, next_offset from raw.kafka_offsets
),
-- A log that was pruned does not begin at offset 0; raw begins where it did.
ends as (
  select
    landed.next_offset,
    coalesce(
      watermark.next_offset,
      (
        select min(message.kafka_offset)
        from raw.user_events as message
        where message.topic = landed.topic
          and message.kafka_partition = landed.kafka_partition
          and message.log_id = landed.log_id
      ),
      landed.next_offset
    ) as validated
  from landed
  left join dds.raw_watermark as watermark
    using (log_id, topic, kafka_partition)
  where landed.topic = 'user_events'
)
select
  coalesce(landings.rows, 0) as rows,
  landings.newest_at,
  (
    select coalesce(sum(greatest(next_offset - validated, 0)), 0) from ends
  ) as lag,
  (
    select count(*)
    from raw.quarantine
    where topic = 'user_events' and replayed_at is null
  ) as quarantined
from landings
