-- All messages stand in raw.message, one partition for each topic. raw.user_events becomes the
-- partition of its topic in place, in three files, each in a transaction of its own: what it holds is
-- neither copied nor read while somebody waits. This one makes the parent and says, without looking, that
-- every row is of its topic.

-- Grain: one message of one log.
create table raw.message (
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
) partition by list (topic);

comment on table raw.message is
  'One message of one log, bytes as sent; a partition for each topic, which every reader names';
comment on column raw.message.topic is 'Topic';
comment on column raw.message.kafka_partition is 'Partition of the topic';
comment on column raw.message.kafka_offset is 'Offset in the partition';
comment on column raw.message.key is 'Bytes of the key; null when it had none';
comment on column raw.message.headers is
  'Headers as text; one that is not UTF-8 is {"base64": …}';
comment on column raw.message.value is 'Bytes of the message; null is a tombstone';
comment on column raw.message.source is 'Header source, unknown without one';
comment on column raw.message.received_at is
  'When the log took it; when it was landed, where the topic has its producers'' times';
comment on column raw.message.batch_id is 'Transaction that landed it, raw.batch';
comment on column raw.message.log_id is 'Log it was read from: kind, cluster, epoch';

alter table raw.user_events
  add constraint user_events_topic check (topic = 'user_events') not valid;
