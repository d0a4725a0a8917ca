-- Grain: one user, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- No comparison with the row before: rows arrive in any order, so the history of a user is the set
-- of what was said of him and when.
with staged as (
  select user_hk, source, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and event_type in ('signup', 'user_profile')
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    staged.user_hk,
    staged.occurred_at as applied_at,
    staged.payload ->> 'name' as name,
    staged.payload ->> 'email' as email,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    user_hk,
    applied_at,
    dds.hash_diff(name, email) as hash_diff,
    name, email,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  where name is not null or email is not null
  group by user_hk, applied_at, name, email
)
insert into dds.s_user_names (
  user_hk, applied_at, hash_diff, name, email,
  load_dts, record_source
)
select
  user_hk, applied_at, hash_diff, name, email,
  load_dts, record_source
from fingerprints
on conflict do nothing
