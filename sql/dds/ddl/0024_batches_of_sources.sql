-- A batch is of one source: what is wrong with the rows of one source holds back no other.

-- Until now there was one source.
alter table dds.mart_batch
  add column source text not null default 'terrace',
  add column waiting_since timestamptz;
alter table dds.mart_batch alter column source drop default;

-- A second batch of a source is frozen only when the first is published: retries take up the frozen one.
drop index dds.mart_batch_frozen;
create unique index mart_batch_frozen
  on dds.mart_batch (marts_id, source) where state = 'frozen';
create index mart_batch_source on dds.mart_batch (marts_id, source, batch_id);

-- A load goes into a batch of each source of which it has days: answers of providers may have days of many.
alter table dds.mart_batch_load
  add column source text not null default 'terrace',
  drop constraint mart_batch_load_pkey,
  add primary key (marts_id, source, load_id);
alter table dds.mart_batch_load alter column source drop default;

alter table dds.mart_load_aside
  add column source text not null default 'terrace',
  drop constraint mart_load_aside_pkey,
  add primary key (marts_id, source, load_id);
alter table dds.mart_load_aside alter column source drop default;

alter table dds.mart_watermark
  add column source text not null default 'terrace',
  drop constraint mart_watermark_pkey,
  add primary key (marts_id, source, target);
alter table dds.mart_watermark alter column source drop default;

-- Grain: one source of some marts. Runs take the sources in turn: the one that was taken last goes last.
create table dds.mart_turn (
  marts_id uuid not null,
  source text not null,
  run_id text not null,
  taken_at timestamptz not null default clock_timestamp(),
  primary key (marts_id, source)
);

-- Loads of a source are found without those of the others.
create index load_day_source on dds.load_day (source, load_id);

-- Grain: one load that finished since then and says something of a source: it has days of it, or it answers
-- for one of its places, or with rates. An answer may be written while the events that it is about are
-- being loaded; then it has no day of them. Goes by indexes from loads that are few to their days: no
-- statistics of years of loads tell how few.
create function dds.loads_of(of_source text, since timestamptz)
returns table (load_id bigint, finished_at timestamptz, count_events bigint)
language sql stable rows 100
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select
    load.load_id,
    load.finished_at,
    coalesce(sum(load_day.count_events), 0)::bigint as count_events
  from dds.load
  left join dds.load_day
    on load_day.load_id = load.load_id and load_day.source = of_source
  where load.state = 'finished'
    and load.finished_at >= loads_of.since
    and (
      load_day.load_id is not null
      or (
        load.log_id = 'lookup'
        and load.topic = 'fx'
        and exists (
          select from dds.load_day as held where held.source = of_source
        )
      )
      or exists (
        select
        from dds.load_key as told
        inner join dds.h_location as place
          on place.location_hk = told.hash_key
        where told.load_id = load.load_id
          and told.hub = 'location'
          and place.source = of_source
      )
      or (
        load.log_id = 'lookup'
        and load.topic = 'weather'
        and exists (
          select
          from dds.s_location_weather as said
          inner join dds.h_location as place using (location_hk)
          where said.load_id = load.load_id and place.source = of_source
        )
      )
    )
  group by load.load_id, load.finished_at;
end;

-- What a batch changes of its source. A load may have rows of several.

create or replace function dds.batch_sessions(batch bigint)
returns table (session_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select event.session_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id, source)
  where loaded.batch_id = batch_sessions.batch
    and event.session_hk <> dds.ghost_key()
  union
  select told.hash_key
  from dds.mart_batch_key as told
  where told.batch_id = batch_sessions.batch and told.hub = 'session';
end;

create or replace function dds.batch_orders(batch bigint)
returns table (order_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select event.order_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id, source)
  where loaded.batch_id = batch_orders.batch
    and event.order_hk <> dds.ghost_key()
  union
  select told.hash_key
  from dds.mart_batch_key as told
  where told.batch_id = batch_orders.batch and told.hub = 'order'
  union
  select line.order_hk
  from dds.mart_batch_load as loaded
  inner join dds.load_key as told using (load_id)
  inner join dds.h_product as product
    on product.product_hk = told.hash_key and product.source = loaded.source
  inner join dds.l_order_product as line on line.product_hk = told.hash_key
  where loaded.batch_id = batch_orders.batch and told.hub = 'product';
end;

create or replace function dds.batch_events(batch bigint)
returns table (event_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select event.event_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id, source)
  where loaded.batch_id = batch_events.batch
  union
  select event.event_hk
  from dds.mart_batch_key as told
  inner join dds.nl_event as event on event.session_hk = told.hash_key
  where told.batch_id = batch_events.batch
    and told.hub = 'session'
    and event.session_hk <> dds.ghost_key()
  union
  select event.event_hk
  from dds.mart_batch_load as loaded
  inner join dds.load_key as told using (load_id)
  inner join dds.nl_event as event
    on event.product_hk = told.hash_key and event.source = loaded.source
  where loaded.batch_id = batch_events.batch
    and told.hub = 'product'
    and event.product_hk <> dds.ghost_key();
end;

comment on table dds.mart_batch is
  'A frozen list of finished loads of one source on its way to the marts';
comment on column dds.mart_batch.source is 'Source whose rows it takes to the marts';
comment on column dds.mart_batch.waiting_since is
  'When the first load finished that waited for the marts and that this batch did not take; null: none';
comment on column dds.mart_batch_load.source is 'Source of the batch';
comment on column dds.mart_load_aside.source is 'Source of the batch';
comment on column dds.mart_watermark.source is 'Source of the rows';
comment on table dds.mart_watermark is
  'The last batch of a source that each table of the marts holds';
comment on function dds.loads_of is
  'Finished loads that say something of a source, with its events in them';
comment on table dds.mart_turn is 'Which run took a batch of a source last';
comment on column dds.mart_turn.marts_id is 'The marts store';
comment on column dds.mart_turn.source is 'Source';
comment on column dds.mart_turn.run_id is 'Run of dds_to_clickhouse';
comment on column dds.mart_turn.taken_at is 'When it took the batch';
