-- Grain: one session, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select
    session_hk,
    source,
    occurred_at as applied_at,
    payload ->> 'device_type' as device_type,
    payload ->> 'os' as os,
    payload ->> 'browser' as browser,
    payload ->> 'app_version' as app_version,
    load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'user_device'
),
said as (
  select
    session_hk, applied_at, device_type, os, browser, app_version, source,
    min(load_id) as load_id
  from staged
  group by session_hk, applied_at, device_type, os, browser, app_version, source
)
insert into dds.s_session_device (
  session_hk, applied_at, hash_diff, device_type, os, browser, app_version,
  load_id, load_dts, record_source
)
select
  said.session_hk,
  said.applied_at,
  dds.hash_diff(
    said.device_type, said.os, said.browser, said.app_version
  ) as hash_diff,
  said.device_type,
  said.os,
  said.browser,
  said.app_version,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.session_hk, said.applied_at, hash_diff
on conflict do nothing
