-- Grain: one place of one session. Kind: link, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select
    session_hk,
    source,
    session_id,
    dds.place(
      (payload ->> 'lat')::numeric, (payload ->> 'lon')::numeric
    ) as location_id,
    min(load_id) as load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'user_location'
  group by 1, 2, 3, 4
)
insert into dds.l_session_location (
  session_location_hk, session_hk, location_hk, load_id, load_dts, record_source
)
select
  dds.hash_key(staged.source, staged.session_id, staged.location_id)
    as session_location_hk,
  staged.session_hk,
  dds.hash_key(staged.source, staged.location_id) as location_hk,
  load_id,
  load.staged_at as load_dts,
  staged.source || '.' || load.topic as record_source
from staged
inner join dds.load using (load_id)
order by session_location_hk
on conflict do nothing
