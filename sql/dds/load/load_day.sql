-- Grain: one day whose facts a load may have changed, in the zone of its source, with what it brought
-- of it; one product or place of which it says something new. Kind: insert-only. Reads:
-- dds.es_product_category, dds.h_order, dds.l_order_product, dds.l_order_session,
-- dds.l_session_location, dds.load, dds.nl_event, dds.ref_source, dds.s_location_geo, dds.s_order_cost,
-- dds.s_order_status, dds.stage_event.
-- Parameters: $1 load ids.
--
-- Runs before the loads are finished, when every target has their rows. A day or key too many costs a
-- reload, a missing one leaves a wrong mart. Days of their own events stand with each load; what they
-- change elsewhere stands with each of them, since batches of the marts may part them. A load that is not finished after all writes the same again with its next attempt.
with staged as (
  select
    load_id, source, event_type, occurred_at, event_hk, session_hk, product_hk,
    order_hk
  from dds.stage_event
  where load_id = any($1::bigint[])
),
loads as (
  select load_id
  from dds.load
  where load_id = any($1::bigint[])
),
-- Rows of loads that are not finished say nothing about what the marts hold.
unfinished as (
  select load_id
  from dds.load
  where state = 'staged'
),
-- The category that holds changes: a new sighting is no older than all before, in another category.
new_sightings as (
  select product_hk, category_hk, applied_at
  from dds.es_product_category
  where load_id = any($1::bigint[])
),
former_sightings as (
  select latest.product_hk, latest.category_hk, latest.applied_at
  from (select distinct product_hk from new_sightings) as seen
  cross join lateral (
    select sighting.product_hk, sighting.category_hk, sighting.applied_at
    from dds.es_product_category as sighting
    where sighting.product_hk = seen.product_hk
      and sighting.load_id not in (select load_id from unfinished)
    order by sighting.applied_at desc
    fetch first 1 row with ties
  ) as latest
),
moved_products as (
  select distinct new_sightings.product_hk
  from new_sightings
  left join former_sightings as former using (product_hk)
  where former.product_hk is null
    or (
      new_sightings.applied_at >= former.applied_at
      and new_sightings.category_hk <> former.category_hk
    )
),
product_events as (
  select event.source, event.occurred_at
  from moved_products
  inner join dds.nl_event as event using (product_hk)
  where event.product_hk <> dds.ghost_key()
),
-- The same for the city that messages give a place; the answer of a provider goes before theirs.
new_cities as (
  select location_hk, hash_diff, applied_at
  from dds.s_location_geo
  where load_id = any($1::bigint[])
    and provider = 'message'
    and location_hk not in (
      select location_hk
      from dds.s_location_geo
      where provider <> 'message'
    )
),
former_cities as (
  select latest.location_hk, latest.hash_diff, latest.applied_at
  from (select distinct location_hk from new_cities) as seen
  cross join lateral (
    select said.location_hk, said.hash_diff, said.applied_at
    from dds.s_location_geo as said
    where said.location_hk = seen.location_hk
      and said.load_id not in (select load_id from unfinished)
    order by said.applied_at desc
    fetch first 1 row with ties
  ) as latest
),
renamed_places as (
  select distinct new_cities.location_hk
  from new_cities
  left join former_cities as former using (location_hk)
  where former.location_hk is null
    or (
      new_cities.applied_at >= former.applied_at
      and new_cities.hash_diff <> former.hash_diff
    )
),
-- Sessions of which a device or a place is told, and all of a place that gets another city.
described_sessions as (
  select session_hk
  from staged
  where event_type in ('user_device', 'user_location')
  union
  select l_session_location.session_hk
  from renamed_places
  inner join dds.l_session_location using (location_hk)
),
touched_orders as (
  select order_hk
  from staged
  where order_hk <> dds.ghost_key()
  union
  select l_order_product.order_hk
  from moved_products
  inner join dds.l_order_product using (product_hk)
  union
  select l_order_session.order_hk
  from described_sessions
  inner join dds.l_order_session using (session_hk)
),
-- A session with an order counts as one on its own days.
touched_sessions as (
  select session_hk
  from described_sessions
  union
  select l_order_session.session_hk
  from touched_orders
  inner join dds.l_order_session using (order_hk)
),
elsewhere as (
  select source, occurred_at
  from product_events
  union all
  select event.source, event.occurred_at
  from touched_sessions
  inner join dds.nl_event as event using (session_hk)
  where event.session_hk <> dds.ghost_key()
  union all
  select event.source, event.occurred_at
  from touched_orders
  inner join dds.nl_event as event using (order_hk)
  where event.order_hk <> dds.ghost_key()
  union all
  -- Every version, since an order may move from one day to another.
  select h_order.source, s_order_cost.ordered_at as occurred_at
  from touched_orders
  inner join dds.s_order_cost using (order_hk)
  inner join dds.h_order using (order_hk)
  union all
  select h_order.source, s_order_status.status_at as occurred_at
  from touched_orders
  inner join dds.s_order_status using (order_hk)
  inner join dds.h_order using (order_hk)
),
zones as (
  select source, time_zone
  from dds.ref_source
),
days as (
  select
    staged.load_id,
    staged.source,
    dds.day_of(staged.occurred_at, zones.time_zone) as day,
    count(*) as count_events,
    sum(dds.event_number(staged.event_hk)) as checksum
  from staged
  left join zones using (source)
  group by 1, 2, 3
  union all
  select
    loads.load_id,
    changed.source,
    changed.day,
    0,
    0
  from (
    select distinct
      elsewhere.source,
      dds.day_of(elsewhere.occurred_at, zones.time_zone) as day
    from elsewhere
    left join zones using (source)
  ) as changed
  cross join loads
),
writing_days as (
  insert into dds.load_day (load_id, source, day, count_events, checksum)
  select load_id, source, day, sum(count_events), sum(checksum)
  from days
  group by load_id, source, day
  on conflict do nothing
),
keys as (
  select 'product' as hub, product_hk as hash_key
  from moved_products
  union all
  select 'location', location_hk
  from renamed_places
),
writing_keys as (
  insert into dds.load_key (load_id, hub, hash_key)
  select loads.load_id, keys.hub, keys.hash_key
  from keys
  cross join loads
  on conflict do nothing
)
update dds.load
set has_keys = true
where load_id = any($1::bigint[])
