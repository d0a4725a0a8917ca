-- Grain: one place of one source, to a tenth of a degree. Kind: hub, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select
    source,
    round((payload ->> 'lat')::numeric, 1) as latitude,
    round((payload ->> 'lon')::numeric, 1) as longitude,
    min(load_id) as load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'user_location'
  group by 1, 2, 3
),
places as (
  select *, dds.place(latitude, longitude) as location_id
  from staged
)
insert into dds.h_location (
  location_hk, source, location_id, latitude, longitude, load_id, load_dts,
  record_source
)
select
  dds.hash_key(places.source, places.location_id) as location_hk,
  places.source,
  places.location_id,
  places.latitude,
  places.longitude,
  load_id,
  load.staged_at as load_dts,
  places.source || '.' || load.topic as record_source
from places
inner join dds.load using (load_id)
order by location_hk
on conflict do nothing
