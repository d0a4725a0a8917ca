-- A batch that cannot be published for a reason of its own is set aside: the loads after it go on to the
-- marts without its rows, until somebody has mended the cause and asks for it again.

alter table dds.mart_batch drop constraint mart_batch_state_check;
alter table dds.mart_batch add constraint mart_batch_state_check
  check (state in ('frozen', 'published', 'set_aside', 'retried'));
alter table dds.mart_batch
  add column set_aside_at timestamptz,
  add column problem text,
  add column told_in text,
  add column retry_asked_at timestamptz;

-- Grain: one load of a batch that was set aside. While it stands here the marts do not know the load.
create table dds.mart_load_aside (
  marts_id uuid not null,
  load_id bigint not null,
  batch_id bigint not null references dds.mart_batch on delete cascade,
  primary key (marts_id, load_id)
);
create index mart_load_aside_batch on dds.mart_load_aside (batch_id);

-- Grain: one task of one run that could not load or check a batch.
create table dds.mart_batch_failure (
  batch_id bigint not null references dds.mart_batch on delete cascade,
  run_id text not null,
  task_id text not null,
  is_own boolean not null,
  problem text not null,
  failed_at timestamptz not null default clock_timestamp(),
  primary key (batch_id, run_id, task_id)
);

-- Grain: one table of the marts that may hold rows of a batch. Written before the first of them can be
-- seen, and removed when the table holds a later batch.
create table dds.mart_batch_target (
  marts_id uuid not null,
  target text not null,
  batch_id bigint not null references dds.mart_batch on delete cascade,
  primary key (marts_id, target, batch_id)
);
create index mart_batch_target_batch on dds.mart_batch_target (batch_id);

-- A batch that was frozen before this may be half in any table.
insert into dds.mart_batch_target (marts_id, target, batch_id)
select mart_batch.marts_id, mart_watermark.target, mart_batch.batch_id
from dds.mart_batch
inner join dds.mart_watermark using (marts_id)
where mart_batch.state = 'frozen';

comment on column dds.mart_batch.state is
  'frozen, then published; or set_aside, and retried when another batch has taken its loads';
comment on column dds.mart_batch.set_aside_at is 'When it was set aside';
comment on column dds.mart_batch.problem is 'Why it was set aside';
comment on column dds.mart_batch.told_in is 'Run that alerted of it; null: not yet';
comment on column dds.mart_batch.retry_asked_at is
  'When somebody asked for it again; the next run takes it up';
comment on table dds.mart_load_aside is 'Loads of batches that were set aside';
comment on column dds.mart_load_aside.marts_id is 'The marts store';
comment on column dds.mart_load_aside.load_id is 'A finished load, dds.load';
comment on column dds.mart_load_aside.batch_id is 'Batch that was set aside';
comment on table dds.mart_batch_failure is 'Runs that could not load or check a batch';
comment on column dds.mart_batch_failure.batch_id is 'Batch';
comment on column dds.mart_batch_failure.run_id is 'Run of dds_to_clickhouse';
comment on column dds.mart_batch_failure.task_id is 'Task that failed';
comment on column dds.mart_batch_failure.is_own is
  'Whether the reason may be the batch; false: a store did not answer';
comment on column dds.mart_batch_failure.problem is 'What the task said';
comment on column dds.mart_batch_failure.failed_at is 'When it failed first';
comment on table dds.mart_batch_target is 'Tables of the marts that may hold rows of a batch';
comment on column dds.mart_batch_target.marts_id is 'The marts store';
comment on column dds.mart_batch_target.target is 'Table of the marts';
comment on column dds.mart_batch_target.batch_id is 'Batch';
