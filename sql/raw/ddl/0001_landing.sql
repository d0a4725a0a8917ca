-- Layer raw: messages as they came, and how far the log was read. Append-only.

-- Grain: one transaction that landed messages.
create table raw.batch (
  batch_id bigint generated always as identity primary key,
  log_id text not null,
  topic text not null,
  count_rows bigint not null,
  landed_at timestamptz not null default clock_timestamp(),
  landed_by text not null
);

-- Grain: one message of one log. log_id closes the key because another log (an engine changed, a
-- cluster made anew) counts its offsets from 0 again.
create table raw.user_events (
  topic text not null,
  kafka_partition int not null,
  kafka_offset bigint not null,
  key bytea,
  headers jsonb not null,
  value bytea,
  source text not null,
  received_at timestamptz not null,
  batch_id bigint not null,
  log_id text not null,
  primary key (topic, kafka_partition, kafka_offset, log_id)
);

-- Grain: one partition. Moved by compare-and-set in the transaction of the rows.
create table raw.kafka_offsets (
  topic text not null,
  kafka_partition int not null,
  next_offset bigint not null check (next_offset >= 0),
  log_id text not null,
  moved_at timestamptz not null default now(),
  primary key (topic, kafka_partition)
);

-- Grain: one partition of a log that was left for another one (terrace db adopt-log): how far it
-- had been landed, so that what was landed is still taken to dds.
create table raw.former_offsets (
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  next_offset bigint not null check (next_offset >= 0),
  left_at timestamptz not null default now(),
  primary key (log_id, topic, kafka_partition)
);

-- Grain: one message that raw → dds refused. The bytes stand here as well, so that a message can be
-- mended and replayed after raw was pruned.
create table raw.quarantine (
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  kafka_offset bigint not null,
  load_id bigint not null,
  key bytea,
  value bytea,
  source text not null,
  event_id text,
  reason text not null,
  detail text not null,
  rule_version int not null,
  quarantined_at timestamptz not null default now(),
  replayed_at timestamptz,
  primary key (topic, kafka_partition, kafka_offset, log_id)
);
create index quarantine_load on raw.quarantine (load_id);

-- Grain: one message that repeats an event that was accepted, with the same payload.
create table raw.duplicate (
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  kafka_offset bigint not null,
  load_id bigint not null,
  source text not null,
  event_id text not null,
  primary key (topic, kafka_partition, kafka_offset, log_id)
);

comment on schema raw is 'Messages as they came, append-only';
comment on table raw.batch is 'One transaction that landed messages';
comment on column raw.batch.batch_id is 'Identity; says nothing about order';
comment on column raw.batch.log_id is 'Log that was read: kind, cluster, epoch';
comment on column raw.batch.topic is 'Topic that was read';
comment on column raw.batch.count_rows is 'Messages landed';
comment on column raw.batch.landed_at is 'When, by the database''s clock';
comment on column raw.batch.landed_by is 'Task instance that landed it';
comment on table raw.user_events is 'One message of topic user_events, bytes as sent';
comment on column raw.user_events.topic is 'Topic';
comment on column raw.user_events.kafka_partition is 'Partition of the topic';
comment on column raw.user_events.kafka_offset is 'Offset in the partition';
comment on column raw.user_events.key is 'Bytes of the key; null when it had none';
comment on column raw.user_events.headers is
  'Headers as text; one that is not UTF-8 is {"base64": …}';
comment on column raw.user_events.value is 'Bytes of the message; null is a tombstone';
comment on column raw.user_events.source is 'Header source, unknown without one';
comment on column raw.user_events.received_at is 'When the log took it';
comment on column raw.user_events.batch_id is 'Transaction that landed it, raw.batch';
comment on column raw.user_events.log_id is 'Log it was read from: kind, cluster, epoch';
comment on table raw.kafka_offsets is 'How far each partition has been landed';
comment on column raw.kafka_offsets.topic is 'Topic';
comment on column raw.kafka_offsets.kafka_partition is 'Partition of the topic';
comment on column raw.kafka_offsets.next_offset is 'The first offset that is not landed yet';
comment on column raw.kafka_offsets.log_id is 'Log that the offset belongs to';
comment on column raw.kafka_offsets.moved_at is 'When it last moved';
comment on table raw.former_offsets is 'How far logs that are no longer read were landed';
comment on column raw.former_offsets.log_id is 'Log that was left';
comment on column raw.former_offsets.topic is 'Topic';
comment on column raw.former_offsets.kafka_partition is 'Partition of the topic';
comment on column raw.former_offsets.next_offset is 'The first offset that was not landed';
comment on column raw.former_offsets.left_at is 'When the log was left';
comment on table raw.quarantine is 'Messages that were refused, with bytes and reason';
comment on column raw.quarantine.log_id is 'Log of the message';
comment on column raw.quarantine.topic is 'Topic of the message';
comment on column raw.quarantine.kafka_partition is 'Partition of the message';
comment on column raw.quarantine.kafka_offset is 'Offset of the message';
comment on column raw.quarantine.load_id is 'Load that refused it, dds.load';
comment on column raw.quarantine.key is 'Bytes of its key';
comment on column raw.quarantine.value is 'Bytes of the message';
comment on column raw.quarantine.source is 'Header source of the message';
comment on column raw.quarantine.event_id is 'Its event id where one could be read';
comment on column raw.quarantine.reason is 'Code of the rule that refused it';
comment on column raw.quarantine.detail is 'What was found and what is allowed';
comment on column raw.quarantine.rule_version is 'Version of the rules that refused it';
comment on column raw.quarantine.quarantined_at is 'When';
comment on column raw.quarantine.replayed_at is 'When it was replayed; null while refused';
comment on table raw.duplicate is 'Messages that repeat an accepted event unchanged';
comment on column raw.duplicate.log_id is 'Log of the message';
comment on column raw.duplicate.topic is 'Topic of the message';
comment on column raw.duplicate.kafka_partition is 'Partition of the message';
comment on column raw.duplicate.kafka_offset is 'Offset of the message';
comment on column raw.duplicate.load_id is 'Load that counted it, dds.load';
comment on column raw.duplicate.source is 'Source of the event';
comment on column raw.duplicate.event_id is 'Event id that was accepted before';
