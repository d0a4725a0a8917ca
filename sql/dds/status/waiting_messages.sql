-- Grain: one source of messages that landed and are not in the marts, and where they wait. Kind: query.
-- Reads: raw.message, raw.kafka_offsets, raw.former_offsets, dds.raw_watermark, dds.load,
-- dds.load_day, dds.stage_event, dds.mart_batch, dds.mart_batch_load, dds.mart_load_aside.
--
-- Of a backlog in raw the first messages of each partition are looked at: those that wait longest. Loads
-- of a batch that was set aside are left out, since that is told already.
with landed as (
  select log_id, topic, kafka_partition, next_offset from raw.former_offsets
  union all
  select log_id, topic, kafka_partition, next_offset from raw.kafka_offsets
),
in_raw as (
  select message.source, message.topic, message.received_at as since
  from landed
  left join dds.raw_watermark as watermark
    using (log_id, topic, kafka_partition)
  cross join lateral (
    select source, topic, received_at
    from raw.message
    where topic = landed.topic
      and kafka_partition = landed.kafka_partition
      and log_id = landed.log_id
      and kafka_offset >= coalesce(watermark.next_offset, 0)
    order by kafka_offset
    limit 1000
  ) as message
  where landed.next_offset > coalesce(watermark.next_offset, 0)
),
staged as (
  select load_id, topic, staged_at from dds.load where state = 'staged'
),
in_dds as (
  select event.source, staged.topic, staged.staged_at as since
  from staged
  cross join lateral (
    select distinct source from dds.stage_event where load_id = staged.load_id
  ) as event
),
today as (
  select marts_id from dds.mart_batch order by batch_id desc limit 1
),
before_marts as (
  select day.source, load.topic, min(load.finished_at) as since
  from dds.load
  inner join dds.load_day as day using (load_id)
  where load.state = 'finished'
    and load.ranges <> '[]'
    and not exists (
      select
      from dds.mart_batch_load as listed
      inner join today using (marts_id)
      inner join dds.mart_batch as batch using (batch_id)
      where listed.load_id = load.load_id
        and listed.source = day.source
        and batch.state = 'published'
    )
    and not exists (
      select
      from dds.mart_load_aside as aside
      inner join today using (marts_id)
      where aside.load_id = load.load_id and aside.source = day.source
    )
  group by day.source, load.topic
)
select
  source,
  topic,
  layer,
  min(since) as since
from (
  select source, topic, 'raw' as layer, since from in_raw
  union all
  select source, topic, 'staged' as layer, since from in_dds
  union all
  select source, topic, 'dds' as layer, since from before_marts
) as waiting
group by source, topic, layer
order by source, topic, layer
