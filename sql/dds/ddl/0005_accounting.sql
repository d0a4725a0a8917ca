-- The accounting of raw → dds, over everything: raw = loaded + quarantined + duplicates + pending.
create index duplicate_load on raw.duplicate (load_id);

create view dds.accounting as
with landed as (
  select log_id, topic, kafka_partition, count(*) as count_raw
  from raw.user_events
  group by log_id, topic, kafka_partition
),
loaded as (
  select log_id, topic, kafka_partition, count(*) as count_loaded
  from dds.nl_event
  group by log_id, topic, kafka_partition
),
quarantined as (
  select log_id, topic, kafka_partition, count(*) as count_quarantined
  from raw.quarantine
  group by log_id, topic, kafka_partition
),
repeated as (
  select log_id, topic, kafka_partition, count(*) as count_duplicates
  from raw.duplicate
  group by log_id, topic, kafka_partition
),
pending as (
  select message.log_id, topic, kafka_partition, count(*) as count_pending
  from raw.user_events as message
  left join dds.raw_watermark as watermark
    using (log_id, topic, kafka_partition)
  where message.kafka_offset >= coalesce(watermark.next_offset, 0)
  group by message.log_id, topic, kafka_partition
)
select
  landed.log_id,
  landed.topic,
  landed.kafka_partition,
  landed.count_raw,
  coalesce(loaded.count_loaded, 0) as count_loaded,
  coalesce(quarantined.count_quarantined, 0) as count_quarantined,
  coalesce(repeated.count_duplicates, 0) as count_duplicates,
  coalesce(pending.count_pending, 0) as count_pending,
  landed.count_raw
    - coalesce(loaded.count_loaded, 0)
    - coalesce(quarantined.count_quarantined, 0)
    - coalesce(repeated.count_duplicates, 0)
    - coalesce(pending.count_pending, 0) as difference
from landed
left join loaded using (log_id, topic, kafka_partition)
left join quarantined using (log_id, topic, kafka_partition)
left join repeated using (log_id, topic, kafka_partition)
left join pending using (log_id, topic, kafka_partition);

comment on view dds.accounting is
  'Per partition of a log: raw = loaded + quarantined + duplicates + pending; difference is 0 when '
  'no load is under way';
