-- The marts load the rows that a batch changes, and not the whole days that it reopens.

-- Grain: one product or place of which a load says something new: another category, another city. All
-- rows of the facts that show it are loaded anew with the load.
create table dds.load_key (
  load_id bigint not null references dds.load,
  hub text not null check (hub in ('product', 'location')),
  hash_key uuid not null,
  primary key (load_id, hub, hash_key)
);

-- False for loads from before this, and for one that stands for a rebuild.
alter table dds.load add column has_keys boolean not null default false;

-- And what the load brought of the day, so that the marts can be held against it without counting
-- the events of the day.
alter table dds.load_day
  add column is_whole boolean not null default false,
  add column count_events bigint not null default 0,
  add column checksum bigint not null default 0;

alter table dds.mart_batch_day
  add column is_whole boolean not null default true;

-- A number of an event that sums up to that of a day: the first four bytes of its key.
create function dds.event_number(event_hk uuid) returns bigint
language sql immutable strict parallel safe
return ('x' || substr(event_hk::text, 1, 8))::bit(32)::bigint;

update dds.load_day
set count_events = brought.count_events, checksum = brought.checksum
from (
  select
    event.load_id,
    event.source,
    dds.day_of(event.occurred_at, ref_source.time_zone) as day,
    count(*) as count_events,
    sum(dds.event_number(event.event_hk)) as checksum
  from dds.nl_event as event
  left join dds.ref_source using (source)
  group by 1, 2, 3
) as brought
where load_day.load_id = brought.load_id
  and load_day.source = brought.source
  and load_day.day = brought.day;

-- Rows stand in the order of their loads.
create index s_location_weather_load
  on dds.s_location_weather using brin (load_dts);
-- Loads that finished lately.
create index load_finished on dds.load (finished_at);

-- Grain: one session or order of which a batch says something new, beside those of its own events: all
-- events of the session, and the order, are loaded anew. Found when the batch is frozen; what another
-- load adds later comes with the batch of that load. Kept until the batch is published.
create table dds.mart_batch_key (
  batch_id bigint not null references dds.mart_batch on delete cascade,
  hub text not null check (hub in ('session', 'order')),
  hash_key uuid not null,
  primary key (batch_id, hub, hash_key)
);

-- A load that no batch of some marts has listed is under way for them: terrace.unlisted has the times of
-- such loads in a transaction that loads a fact. Otherwise a load that finishes while a batch is on its
-- way could move an order to a day which the batch does not have.
create or replace function dds.under_way() returns timestamptz[]
language sql stable parallel safe
return array(select staged_at from dds.load where state = 'staged')
  || coalesce(
    nullif(current_setting('terrace.unlisted', true), '')::timestamptz[],
    '{}'
  );

-- What a batch changes. The functions go by keys, and are not inlined into queries that would not: a
-- batch of a minute is a few rows of a warehouse of any size, which no statistics tell.

create function dds.batch_sessions(batch bigint)
returns table (session_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select event.session_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id)
  where loaded.batch_id = batch_sessions.batch
    and event.session_hk <> dds.ghost_key()
  union
  select told.hash_key
  from dds.mart_batch_key as told
  where told.batch_id = batch_sessions.batch and told.hub = 'session';
end;

create function dds.batch_orders(batch bigint)
returns table (order_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select event.order_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id)
  where loaded.batch_id = batch_orders.batch
    and event.order_hk <> dds.ghost_key()
  union
  select told.hash_key
  from dds.mart_batch_key as told
  where told.batch_id = batch_orders.batch and told.hub = 'order';
end;

create function dds.batch_events(batch bigint)
returns table (event_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select event.event_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id)
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
  inner join dds.nl_event as event on event.product_hk = told.hash_key
  where loaded.batch_id = batch_events.batch
    and told.hub = 'product'
    and event.product_hk <> dds.ghost_key();
end;

comment on table dds.load_key is
  'Products and places of which a load says something new';
comment on column dds.load_key.load_id is 'Load';
comment on column dds.load_key.hub is 'product or location';
comment on column dds.load_key.hash_key is 'Key in the hub';
comment on column dds.load.has_keys is
  'Whether load_key holds what it changes; if not, its batch loads its days whole';
comment on column dds.load_day.is_whole is
  'Whether every row of the day may change: its rates are new';
comment on column dds.load_day.count_events is 'Events that the load brought of the day';
comment on column dds.load_day.checksum is 'Sum of event_number over them';
comment on column dds.mart_batch_day.is_whole is
  'Whether the day is loaded whole; otherwise what the batch changes of it';
comment on function dds.event_number is
  'First four bytes of a key as a number, whose sum tells sets of events apart';
comment on table dds.mart_batch_key is
  'Sessions and orders of which a batch under way says something new';
comment on column dds.mart_batch_key.batch_id is 'Batch';
comment on column dds.mart_batch_key.hub is 'session or order';
comment on column dds.mart_batch_key.hash_key is 'Key in the hub';
comment on function dds.under_way is
  'load_dts of rows that are not published yet: of loads that are not finished, and of those that '
  'terrace.unlisted names';
comment on function dds.batch_sessions is
  'Sessions with events in a batch, or of which it says something new';
comment on function dds.batch_orders is
  'Orders with events in a batch, or of whose session or products it says something new';
comment on function dds.batch_events is
  'Events in a batch, and those of whose session or product it says something new';

comment on table dds.h_order is
  'An order of a source; a hub without satellite rows is a ghost';
