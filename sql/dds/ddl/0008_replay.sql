-- Replay of quarantined messages: after the rules, or the message itself, were mended, a message is
-- judged again and taken as if it had passed at once.
--
-- Its row of raw.quarantine stays as it was, with replayed_at set, and no longer counts as refused.
-- The message counts as loaded (or as a duplicate) by the load that the replay made, whose ranges
-- name exactly the messages it took; the load that refused it is left as it ran.

-- Grain: one quarantined message that was taken after all.
create table raw.replay (
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  kafka_offset bigint not null,
  load_id bigint not null,
  outcome text not null check (outcome in ('staged', 'duplicate')),
  rule_version int not null,
  mended_value bytea,
  replayed_at timestamptz not null default now(),
  replayed_by text not null,
  primary key (topic, kafka_partition, kafka_offset, log_id)
);
create index replay_load on raw.replay (load_id);
create index quarantine_waiting on raw.quarantine (quarantined_at) where replayed_at is null;

comment on table raw.replay is 'Quarantined messages that were taken after all';
comment on column raw.replay.log_id is 'Log of the message';
comment on column raw.replay.topic is 'Topic of the message';
comment on column raw.replay.kafka_partition is 'Partition of the message';
comment on column raw.replay.kafka_offset is 'Offset of the message';
comment on column raw.replay.load_id is 'Load that took it, dds.load';
comment on column raw.replay.outcome is 'staged, or duplicate of an accepted event';
comment on column raw.replay.rule_version is 'Version of the rules that accepted it';
comment on column raw.replay.mended_value is
  'Bytes that were judged in place of the original ones; null: the original ones';
comment on column raw.replay.replayed_at is 'When';
comment on column raw.replay.replayed_by is 'Who replayed it';

create or replace view dds.accounting as
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
  from raw.user_events as message
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

comment on view dds.accounting is
  'Per partition of a log: raw = loaded + quarantined and not replayed + duplicates + pending; '
  'difference is 0 at any time';
comment on column dds.accounting.log_id is 'Log';
comment on column dds.accounting.topic is 'Topic';
comment on column dds.accounting.kafka_partition is 'Partition of the topic';
comment on column dds.accounting.count_raw is 'Messages landed';
comment on column dds.accounting.count_loaded is 'Events in dds.nl_event';
comment on column dds.accounting.count_quarantined is 'Messages refused and not replayed since';
comment on column dds.accounting.count_duplicates is 'Messages that repeat an accepted event';
comment on column dds.accounting.count_pending is 'Messages that are not validated yet, or staged and not loaded yet';
comment on column dds.accounting.difference is 'What is unaccounted for: 0';
