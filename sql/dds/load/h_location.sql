-- Grain: one place of one source, to a tenth of a degree. Kind: hub, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select source, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'user_location'
),
loads as (
  select load_id, staged_at
  from dds.load
),
rounded as (
  select
    source,
    round((payload ->> 'lat')::numeric, 1) as latitude,
    round((payload ->> 'lon')::numeric, 1) as longitude,
    topic,
    load_id
  from staged
),
places as (
  select
    rounded.source,
    rounded.latitude,
    rounded.longitude,
    dds.place(rounded.latitude, rounded.longitude) as location_id,
    min(loads.staged_at) as load_dts,
    rounded.source || '.' || min(rounded.topic) as record_source
  from rounded
  inner join loads using (load_id)
  group by rounded.source, rounded.latitude, rounded.longitude
)
insert into dds.h_location (
  location_hk, source, location_id, latitude, longitude, load_dts,
  record_source
)
select
  dds.hash_key(source, location_id), source, location_id, latitude, longitude,
  load_dts, record_source
from places
on conflict do nothing
