-- Grain: one session, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select session_hk, source, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'user_device'
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    staged.session_hk,
    staged.occurred_at as applied_at,
    staged.payload ->> 'device_type' as device_type,
    staged.payload ->> 'os' as os,
    staged.payload ->> 'browser' as browser,
    staged.payload ->> 'app_version' as app_version,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    session_hk,
    applied_at,
    dds.hash_diff(device_type, os, browser, app_version) as hash_diff,
    device_type, os, browser, app_version,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  group by session_hk, applied_at, device_type, os, browser, app_version
)
insert into dds.s_session_device (
  session_hk, applied_at, hash_diff, device_type, os, browser, app_version,
  load_dts, record_source
)
select
  session_hk, applied_at, hash_diff, device_type, os, browser, app_version,
  load_dts, record_source
from fingerprints
on conflict do nothing
