-- The last message that was landed of each partition. A topic that was made anew under its old name,
-- and a log that lost its end and took other messages in its place, keep the id of their log: only
-- what stands at an offset tells them apart. Null until the next landing.
alter table raw.kafka_offsets
  add column if not exists last_offset bigint,
  add column if not exists last_digest text;

comment on column raw.kafka_offsets.last_offset is
  'Offset of the last message landed; null before the first';
comment on column raw.kafka_offsets.last_digest is
  'Digest of that message, by which its log is known again';

comment on column raw.user_events.received_at is
  'When the log took it; when it was landed, where the topic has its producers'' times';
