-- How far the past of a new shop was sent to the log: an attempt that ended goes on from there.

-- Grain: one run of generate_history and topic.
create table warehouse.past_sent (
  run_id text not null,
  topic text not null,
  sent_until timestamptz not null,
  count_sent bigint not null,
  moved_at timestamptz not null default now(),
  primary key (run_id, topic)
);

comment on table warehouse.past_sent is
  'How far the past of a new shop was sent, piece by piece';
comment on column warehouse.past_sent.run_id is 'Run of generate_history';
comment on column warehouse.past_sent.topic is 'Topic';
comment on column warehouse.past_sent.sent_until is
  'What happened before this was sent; the next piece begins here';
comment on column warehouse.past_sent.count_sent is 'Messages sent';
comment on column warehouse.past_sent.moved_at is 'When the last piece was sent';
