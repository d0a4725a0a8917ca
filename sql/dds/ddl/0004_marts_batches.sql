-- How dds reaches ClickHouse exactly once: a batch freezes a list of finished loads; targets load
-- it, each moving its watermark to the batch by compare-and-set; then the batch is published.

create table dds.mart_batch (
  batch_id bigint generated always as identity primary key,
  marts_id uuid not null,
  state text not null check (state in ('frozen', 'published')),
  count_loads int not null,
  load_ids_hash uuid not null,
  frozen_at timestamptz not null default clock_timestamp(),
  published_at timestamptz,
  check ((state = 'published') = (published_at is not null))
);
-- A second batch is frozen only when the first is published: retries take up the frozen one.
create unique index mart_batch_frozen on dds.mart_batch (marts_id) where state = 'frozen';

create table dds.mart_batch_load (
  marts_id uuid not null,
  load_id bigint not null,
  batch_id bigint not null references dds.mart_batch,
  primary key (marts_id, load_id)
);
create index mart_batch_load_batch on dds.mart_batch_load (batch_id);

create table dds.mart_watermark (
  marts_id uuid not null,
  target text not null,
  batch_id bigint not null,
  moved_at timestamptz not null default now(),
  primary key (marts_id, target)
);

comment on table dds.mart_batch is 'A frozen list of finished loads on its way to the marts';
comment on column dds.mart_batch.batch_id is 'Identity';
comment on column dds.mart_batch.marts_id is 'The marts store, marts.identity';
comment on column dds.mart_batch.state is 'frozen, then published';
comment on column dds.mart_batch.count_loads is 'Loads in the list';
comment on column dds.mart_batch.load_ids_hash is 'MD5 over the ids, ascending, with commas';
comment on column dds.mart_batch.frozen_at is 'When the list was frozen';
comment on column dds.mart_batch.published_at is 'When every target had it';
comment on table dds.mart_batch_load is 'The loads of each batch';
comment on column dds.mart_batch_load.marts_id is 'The marts store';
comment on column dds.mart_batch_load.load_id is 'A finished load, dds.load';
comment on column dds.mart_batch_load.batch_id is 'Batch that took it';
comment on table dds.mart_watermark is 'The last batch that each table of the marts holds';
comment on column dds.mart_watermark.marts_id is 'The marts store';
comment on column dds.mart_watermark.target is 'Table of the marts';
comment on column dds.mart_watermark.batch_id is 'Last batch loaded';
comment on column dds.mart_watermark.moved_at is 'When it last moved';
