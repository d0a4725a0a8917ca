-- Grain: one place, one hour, one answer. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- Only what messages themselves say; most leave city and country to be looked up, and a provider's
-- answer goes before theirs. applied_at is the hour, as for products: places are
-- few and messages many.
with staged as (
  select source, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and event_type = 'user_location'
    and (payload ->> 'city' is not null or payload ->> 'country' is not null)
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    dds.hash_key(
      staged.source,
      dds.place(
        (staged.payload ->> 'lat')::numeric,
        (staged.payload ->> 'lon')::numeric
      )
    ) as location_hk,
    date_trunc('hour', staged.occurred_at at time zone 'UTC')
      at time zone 'UTC' as applied_at,
    staged.payload ->> 'city' as city,
    staged.payload ->> 'country' as country,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    location_hk,
    applied_at,
    dds.hash_diff(city, country) as hash_diff,
    city,
    country,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  group by location_hk, applied_at, city, country
)
insert into dds.s_location_geo (
  location_hk, applied_at, hash_diff, city, country, provider, load_dts,
  record_source
)
select
  location_hk, applied_at, hash_diff, city, country, 'message', load_dts,
  record_source
from fingerprints
on conflict do nothing
