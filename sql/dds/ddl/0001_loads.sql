-- How loads of dds work. A load is a list of offset ranges of raw, validated in one transaction with
-- the watermark that it moves; its rows wait in dds.stage_event until every target has them.

create table dds.ref_source (
  source text primary key,
  time_zone text not null,
  currency text
);
insert into dds.ref_source (source, time_zone, currency) values ('terrace', 'UTC', null);

-- Grain: one load. Finished loads are what dds → ClickHouse freezes.
create table dds.load (
  load_id bigint generated always as identity primary key,
  log_id text not null,
  topic text not null,
  ranges jsonb not null,
  state text not null check (state in ('staged', 'finished')),
  rule_version int not null,
  count_raw bigint not null,
  count_staged bigint not null,
  count_duplicates bigint not null,
  count_quarantined bigint not null,
  staged_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  check (count_raw = count_staged + count_duplicates + count_quarantined),
  check ((state = 'finished') = (finished_at is not null))
);
create index load_staged on dds.load (load_id) where state = 'staged';

-- Grain: one partition of one log. Rows of a partition land in offset order, which no sequence
-- could promise: its values become visible out of order.
create table dds.raw_watermark (
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  next_offset bigint not null check (next_offset >= 0),
  moved_at timestamptz not null default now(),
  primary key (log_id, topic, kafka_partition)
);

-- Grain: one valid event of a load that is not finished.
create table dds.stage_event (
  event_hk uuid primary key,
  load_id bigint not null references dds.load,
  source text not null,
  event_id text not null,
  event_type text not null,
  schema_version int not null,
  occurred_at timestamptz not null,
  user_id text,
  session_id text,
  product_id text,
  platform text,
  payload jsonb not null,
  payload_hash uuid not null,
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  kafka_offset bigint not null
);
create index stage_event_load on dds.stage_event (load_id);

comment on schema dds is 'Data Vault 2.0: insert-only, loads in any order and twice';
comment on table dds.ref_source is 'Sources: time zone of their days, default currency';
comment on column dds.ref_source.source is 'Name of the source';
comment on column dds.ref_source.time_zone is 'IANA zone that its days and bare times are in';
comment on column dds.ref_source.currency is 'Currency of bare prices; null: each states its own';
comment on table dds.load is 'One load of raw into dds';
comment on column dds.load.load_id is 'Identity; says nothing about order';
comment on column dds.load.log_id is 'Log whose messages it took';
comment on column dds.load.topic is 'Topic whose messages it took';
comment on column dds.load.ranges is 'Partitions with first and next offset';
comment on column dds.load.state is 'staged, then finished once every target has its rows';
comment on column dds.load.rule_version is 'Version of the validation rules';
comment on column dds.load.count_raw is 'Messages read';
comment on column dds.load.count_staged is 'Events accepted';
comment on column dds.load.count_duplicates is 'Messages that repeat an accepted event';
comment on column dds.load.count_quarantined is 'Messages refused';
comment on column dds.load.staged_at is 'When it was validated; load_dts of its rows';
comment on column dds.load.finished_at is 'When every target had its rows';
comment on table dds.raw_watermark is 'How far raw has been validated';
comment on column dds.raw_watermark.log_id is 'Log';
comment on column dds.raw_watermark.topic is 'Topic';
comment on column dds.raw_watermark.kafka_partition is 'Partition';
comment on column dds.raw_watermark.next_offset is 'The first offset not validated yet';
comment on column dds.raw_watermark.moved_at is 'When it last moved';
comment on table dds.stage_event is 'Valid events of loads that are not finished';
comment on column dds.stage_event.event_hk is 'Hash of source and event id';
comment on column dds.stage_event.load_id is 'Load that accepted it';
comment on column dds.stage_event.source is 'Source';
comment on column dds.stage_event.event_id is 'Event id within the source';
comment on column dds.stage_event.event_type is 'Kind of event';
comment on column dds.stage_event.schema_version is 'Version of its shape';
comment on column dds.stage_event.occurred_at is 'When it happened';
comment on column dds.stage_event.user_id is 'User, if it has one';
comment on column dds.stage_event.session_id is 'Session, if it has one';
comment on column dds.stage_event.product_id is 'Product, if it has one';
comment on column dds.stage_event.platform is 'desktop, mobile-app, mobile-web';
comment on column dds.stage_event.payload is 'Payload, numbers exact';
comment on column dds.stage_event.payload_hash is 'MD5 over the canonical form of the message';
comment on column dds.stage_event.log_id is 'Log of its message';
comment on column dds.stage_event.topic is 'Topic of its message';
comment on column dds.stage_event.kafka_partition is 'Partition of its message';
comment on column dds.stage_event.kafka_offset is 'Offset of its message';
