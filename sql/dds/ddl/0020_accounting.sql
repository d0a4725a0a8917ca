-- The accounting reads raw.message: it holds for each topic, and now for each source of a topic.

create or replace view dds.accounting as
with landed as (
  select log_id, topic, kafka_partition, count(*) as count_raw
  from raw.message
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
  where replayed_at is null
  group by log_id, topic, kafka_partition
),
repeated as (
  select log_id, topic, kafka_partition, count(*) as count_duplicates
  from raw.duplicate
  group by log_id, topic, kafka_partition
),
waiting as (
  select message.log_id, topic, kafka_partition, count(*) as messages
  from raw.message as message
  left join dds.raw_watermark as watermark
    using (log_id, topic, kafka_partition)
  where message.kafka_offset >= coalesce(watermark.next_offset, 0)
  group by message.log_id, topic, kafka_partition
  union all
  select log_id, topic, kafka_partition, count(*) as messages
  from dds.stage_event as staged
  where not exists (
      select from dds.nl_event as loaded
      where loaded.event_hk = staged.event_hk
    )
  group by log_id, topic, kafka_partition
),
pending as (
  select log_id, topic, kafka_partition, sum(messages)::bigint as count_pending
  from waiting
  group by log_id, topic, kafka_partition
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

-- A message is counted under the source that its header names, in raw and behind it. One without the
-- header is found again by its place, since what it became names the source that its bytes told.
create view dds.accounting_by_source as
with landed as (
  select topic, source, count(*) as count_raw
  from raw.message
  group by topic, source
),
nameless as (
  select log_id, topic, kafka_partition, kafka_offset
  from raw.message
  where source = 'unknown'
),
loaded as (
  select
    topic,
    case when nameless.topic is null then event.source else 'unknown' end
      as source,
    count(*) as count_loaded
  from dds.nl_event as event
  left join nameless using (log_id, topic, kafka_partition, kafka_offset)
  group by 1, 2
),
quarantined as (
  select topic, source, count(*) as count_quarantined
  from raw.quarantine
  where replayed_at is null
  group by topic, source
),
repeated as (
  select
    topic,
    case when nameless.topic is null then duplicate.source else 'unknown' end
      as source,
    count(*) as count_duplicates
  from raw.duplicate as duplicate
  left join nameless using (log_id, topic, kafka_partition, kafka_offset)
  group by 1, 2
),
waiting as (
  select topic, message.source
  from raw.message as message
  left join dds.raw_watermark as watermark
    using (log_id, topic, kafka_partition)
  where message.kafka_offset >= coalesce(watermark.next_offset, 0)
  union all
  select
    topic,
    case when nameless.topic is null then staged.source else 'unknown' end
      as source
  from dds.stage_event as staged
  left join nameless using (log_id, topic, kafka_partition, kafka_offset)
  where not exists (
      select from dds.nl_event as loaded
      where loaded.event_hk = staged.event_hk
    )
),
pending as (
  select topic, source, count(*) as count_pending
  from waiting
  group by topic, source
)
select
  topic,
  source,
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
left join loaded using (topic, source)
left join quarantined using (topic, source)
left join repeated using (topic, source)
left join pending using (topic, source);

comment on view dds.accounting_by_source is
  'Per topic and source: raw = loaded + quarantined and not replayed + duplicates + pending; '
  'difference is 0 at any time';
comment on column dds.accounting_by_source.topic is 'Topic';
comment on column dds.accounting_by_source.source is
  'Header source of the messages; unknown: they have none';
comment on column dds.accounting_by_source.count_raw is 'Messages landed';
comment on column dds.accounting_by_source.count_loaded is 'Events in dds.nl_event';
comment on column dds.accounting_by_source.count_quarantined is
  'Messages refused and not replayed since';
comment on column dds.accounting_by_source.count_duplicates is
  'Messages that repeat an accepted event';
comment on column dds.accounting_by_source.count_pending is
  'Messages that are not validated yet, or staged and not loaded yet';
comment on column dds.accounting_by_source.difference is 'What is unaccounted for: 0';

-- What the boxes of raw show. Landings are counted and not messages: there may be millions of these.
create view dds.topic_status as
with landings as (
  select topic, sum(count_rows) as rows, max(landed_at) as newest_at
  from raw.batch
  group by topic
),
landed as (
  select log_id, topic, kafka_partition, next_offset from raw.former_offsets
  union all
  select log_id, topic, kafka_partition, next_offset from raw.kafka_offsets
),
-- A log that was pruned does not begin at offset 0; raw begins where it did.
ends as (
  select
    landed.topic,
    landed.next_offset,
    coalesce(
      watermark.next_offset,
      (
        select min(message.kafka_offset)
        from raw.message as message
        where message.topic = landed.topic
          and message.kafka_partition = landed.kafka_partition
          and message.log_id = landed.log_id
      ),
      landed.next_offset
    ) as validated
  from landed
  left join dds.raw_watermark as watermark
    using (log_id, topic, kafka_partition)
),
lags as (
  select topic, sum(greatest(next_offset - validated, 0)) as lag
  from ends
  group by topic
),
refused as (
  select topic, count(*) as quarantined
  from raw.quarantine
  where replayed_at is null
  group by topic
)
select
  topic,
  landings.rows,
  landings.newest_at,
  coalesce(lags.lag, 0) as lag,
  coalesce(refused.quarantined, 0) as quarantined
from landings
left join lags using (topic)
left join refused using (topic);

comment on view dds.topic_status is
  'One topic that was landed: how much of it, when last, and what dds has of it';
comment on column dds.topic_status.topic is 'Topic';
comment on column dds.topic_status.rows is 'Messages landed';
comment on column dds.topic_status.newest_at is 'When the last ones were landed';
comment on column dds.topic_status.lag is 'Messages that are not validated yet';
comment on column dds.topic_status.quarantined is 'Messages refused and not replayed since';
