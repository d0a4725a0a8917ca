-- Grain: one session or order of which a batch says something new: a device, a place, a city, the
-- weather, the category of a product. Kind: insert-only, until the batch is published. Reads:
-- answers and visits, by marts/keys/answers.sql and visits.sql; dds.h_order,
-- dds.h_session, dds.l_order_session, dds.l_session_location, dds.load_key, dds.mart_batch,
-- dds.mart_batch_load, dds.nl_event. Parameters: $1 batch id. Runs in Postgres.
--
-- Of the batch's source alone: a place may have sessions of several.
with this_batch as (
  select source
  from dds.mart_batch
  where batch_id = $1
),
told as (
  select load_key.hub, load_key.hash_key, mart_batch_load.source
  from dds.mart_batch_load
  inner join dds.load_key using (load_id)
  where batch_id = $1
),
answered as (
  select visits.session_hk, visits.order_hk
  from visits
  inner join dds.l_session_location using (session_hk)
  inner join answers using (location_hk, weather_hour)
),
sessions as materialized (
  select event.session_hk
  from dds.mart_batch_load
  inner join dds.nl_event as event using (load_id, source)
  where batch_id = $1
    and event.event_type in ('user_device', 'user_location')
    and event.session_hk <> dds.ghost_key()
  union
  select placed.session_hk
  from told
  inner join dds.l_session_location as placed
    on placed.location_hk = told.hash_key
  where told.hub = 'location'
  union
  select session_hk
  from answered
  where order_hk is null
),
orders as (
  select ordered.order_hk
  from sessions
  inner join dds.l_order_session as ordered using (session_hk)
  union
  select order_hk
  from answered
  where order_hk is not null
  union
  select event.order_hk
  from told
  inner join dds.nl_event as event
    on event.product_hk = told.hash_key and event.source = told.source
  where told.hub = 'product'
    and event.product_hk <> dds.ghost_key()
)
insert into dds.mart_batch_key (batch_id, hub, hash_key)
select $1, 'session', session_hk
from sessions
inner join dds.h_session using (session_hk)
inner join this_batch using (source)
where session_hk <> dds.ghost_key()
union all
select $1, 'order', order_hk
from orders
inner join dds.h_order using (order_hk)
inner join this_batch using (source)
where order_hk <> dds.ghost_key()
