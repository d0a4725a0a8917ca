-- Grain: one place, one hour, one answer. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- Only what messages themselves say; most leave city and country to be looked up, and a provider's
-- answer goes before theirs. applied_at is the hour, as for products: places are
-- few and messages many.
with staged as (
  select
    dds.hash_key(
      source,
      dds.place((payload ->> 'lat')::numeric, (payload ->> 'lon')::numeric)
    ) as location_hk,
    source,
    date_trunc('hour', occurred_at, 'UTC') as applied_at,
    payload ->> 'city' as city,
    payload ->> 'country' as country,
    load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and event_type = 'user_location'
    and (payload ->> 'city' is not null or payload ->> 'country' is not null)
),
said as (
  select
    location_hk, applied_at, city, country, source,
    min(load_id) as load_id
  from staged
  group by location_hk, applied_at, city, country, source
)
insert into dds.s_location_geo (
  location_hk, applied_at, hash_diff, city, country, provider, load_id,
  load_dts, record_source
)
select
  said.location_hk,
  said.applied_at,
  dds.hash_diff(said.city, said.country) as hash_diff,
  said.city,
  said.country,
  'message' as provider,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.location_hk, said.applied_at, hash_diff
on conflict do nothing
