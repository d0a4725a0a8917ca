-- Grain: one place of one session. Kind: link, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select session_hk, source, session_id, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'user_location'
),
loads as (
  select load_id, staged_at
  from dds.load
),
placed as (
  select
    session_hk,
    source,
    session_id,
    dds.place(
      (payload ->> 'lat')::numeric, (payload ->> 'lon')::numeric
    ) as location_id,
    topic,
    load_id
  from staged
),
pairs as (
  select
    dds.hash_key(placed.source, placed.session_id, placed.location_id)
      as session_location_hk,
    placed.session_hk,
    dds.hash_key(placed.source, placed.location_id) as location_hk,
    min(loads.staged_at) as load_dts,
    placed.source || '.' || min(placed.topic) as record_source
  from placed
  inner join loads using (load_id)
  group by
    placed.session_hk, placed.source, placed.session_id, placed.location_id
)
insert into dds.l_session_location (
  session_location_hk, session_hk, location_hk, load_dts, record_source
)
select session_location_hk, session_hk, location_hk, load_dts, record_source
from pairs
on conflict do nothing
