alter table dds.ref_source add column freshness text;
comment on column dds.ref_source.freshness is
  'What came is in the marts by then, and something comes so often; null: an hour, and at any time';

-- Grain: one source that is late or silent now. The row goes when that is over.
create table dds.source_delay (
  source text not null,
  problem text not null check (problem in ('late', 'silent')),
  seen_at timestamptz not null default now(),
  seen_in text not null,
  told_in text,
  primary key (source, problem)
);

comment on table dds.source_delay is 'Sources that are late or silent, so that each delay is told once';
comment on column dds.source_delay.source is 'Source; unknown: the messages name none';
comment on column dds.source_delay.problem is
  'late: what came is not in the marts in time; silent: nothing new came for too long';
comment on column dds.source_delay.seen_at is 'When it was first seen';
comment on column dds.source_delay.seen_in is 'Run of check_sources that saw it first';
comment on column dds.source_delay.told_in is 'Run that told it; null: seen once';
