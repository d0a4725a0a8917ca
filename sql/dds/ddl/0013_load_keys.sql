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

-- What a batch changes, resolved when it is asked for: what another load adds meanwhile comes with the
-- batch of that load. The functions go by keys, and are not inlined into queries that would not: a
-- batch of a minute is a few rows of a warehouse of any size, which no statistics tell.

create function dds.batch_answers(batch bigint)
returns table (location_hk uuid, weather_hour timestamptz)
language sql stable rows 100
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select distinct said.location_hk, said.applied_at
  from dds.mart_batch_load as loaded
  inner join dds.load using (load_id)
  inner join dds.s_location_weather as said on said.load_dts = load.staged_at
  where loaded.batch_id = batch_answers.batch;
end;

create function dds.batch_told_sessions(batch bigint)
returns table (session_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  with answers as materialized (
    select * from dds.batch_answers(batch_told_sessions.batch)
  ),
  -- By their hours: a place may have had sessions for years.
  visits as materialized (
    select distinct event.session_hk, hours.weather_hour
    from (select distinct weather_hour from answers) as hours
    inner join dds.nl_event as event
      on event.occurred_at >= hours.weather_hour
      and event.occurred_at < hours.weather_hour + interval '1 hour'
    where event.session_hk <> dds.ghost_key()
  )
  select event.session_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id)
  where loaded.batch_id = batch_told_sessions.batch
    and event.event_type in ('user_device', 'user_location')
    and event.session_hk <> dds.ghost_key()
  union
  select placed.session_hk
  from dds.mart_batch_load as loaded
  inner join dds.load_key as told using (load_id)
  inner join dds.l_session_location as placed
    on placed.location_hk = told.hash_key
  where loaded.batch_id = batch_told_sessions.batch and told.hub = 'location'
  union
  select visits.session_hk
  from visits
  inner join dds.l_session_location as placed using (session_hk)
  where (placed.location_hk, visits.weather_hour) in (
    select location_hk, weather_hour from answers
  );
end;

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
  select told.session_hk
  from dds.batch_told_sessions(batch_sessions.batch) as told;
end;

create function dds.batch_orders(batch bigint)
returns table (order_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  with answers as materialized (
    select * from dds.batch_answers(batch_orders.batch)
  ),
  -- An order said twice may have the time of one message and the session of the other.
  ordered_then as materialized (
    select distinct said.order_hk, link.session_hk, hours.weather_hour
    from (select distinct weather_hour from answers) as hours
    inner join dds.s_order_cost as said
      on said.applied_at >= hours.weather_hour
      and said.applied_at < hours.weather_hour + interval '1 hour'
    inner join dds.l_order_session as link using (order_hk)
  )
  select event.order_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id)
  where loaded.batch_id = batch_orders.batch
    and event.order_hk <> dds.ghost_key()
  union
  select ordered_then.order_hk
  from ordered_then
  inner join dds.l_session_location as placed using (session_hk)
  where (placed.location_hk, ordered_then.weather_hour) in (
    select location_hk, weather_hour from answers
  )
  union
  select ordered.order_hk
  from dds.batch_told_sessions(batch_orders.batch) as told
  inner join dds.l_order_session as ordered using (session_hk)
  where ordered.order_hk <> dds.ghost_key()
  union
  select event.order_hk
  from dds.mart_batch_load as loaded
  inner join dds.load_key as told using (load_id)
  inner join dds.nl_event as event on event.product_hk = told.hash_key
  where loaded.batch_id = batch_orders.batch
    and told.hub = 'product'
    and event.product_hk <> dds.ghost_key()
    and event.order_hk <> dds.ghost_key();
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
  from dds.batch_told_sessions(batch_events.batch) as told
  inner join dds.nl_event as event using (session_hk)
  where event.session_hk <> dds.ghost_key()
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
comment on function dds.batch_answers is
  'Places and hours of which a batch says what the weather was';
comment on function dds.batch_told_sessions is
  'Sessions of which a batch says something new: device, place, city or weather';
comment on function dds.batch_sessions is
  'Sessions with events in a batch, or of which it says something new';
comment on function dds.batch_orders is
  'Orders with events in a batch, or of whose session or products it says something new';
comment on function dds.batch_events is
  'Events in a batch, and those of whose session or product it says something new';
