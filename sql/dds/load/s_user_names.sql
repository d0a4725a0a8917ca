-- Grain: one user, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- No comparison with the row before: rows arrive in any order, so the history of a user is the set
-- of what was said of him and when.
with staged as (
  select
    user_hk,
    source,
    occurred_at as applied_at,
    payload ->> 'name' as name,
    payload ->> 'email' as email,
    load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and event_type in ('signup', 'user_profile')
),
said as (
  select
    user_hk, applied_at, name, email, source,
    min(load_id) as load_id
  from staged
  where name is not null or email is not null
  group by user_hk, applied_at, name, email, source
)
insert into dds.s_user_names (
  user_hk, applied_at, hash_diff, name, email,
  load_id, load_dts, record_source
)
select
  said.user_hk,
  said.applied_at,
  dds.hash_diff(said.name, said.email) as hash_diff,
  said.name,
  said.email,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.user_hk, said.applied_at, hash_diff
on conflict do nothing
