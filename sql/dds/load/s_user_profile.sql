-- Grain: one user, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- No comparison with the row before: see s_user_names.
with staged as (
  select
    user_hk,
    source,
    occurred_at as applied_at,
    payload ->> 'gender' as gender,
    (payload ->> 'birth_date')::date as birth_date,
    (payload ->> 'registered_at')::timestamptz as registered_at,
    payload ->> 'language' as language,
    load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and event_type in ('signup', 'user_profile')
),
said as (
  select
    user_hk, applied_at, gender, birth_date, registered_at, language, source,
    min(load_id) as load_id
  from staged
  group by user_hk, applied_at, gender, birth_date, registered_at, language, source
)
insert into dds.s_user_profile (
  user_hk, applied_at, hash_diff, gender, birth_date, registered_at, language,
  load_id, load_dts, record_source
)
select
  said.user_hk,
  said.applied_at,
  dds.hash_diff(
    said.gender,
    to_char(said.birth_date, 'YYYY-MM-DD'),
    extract(epoch from said.registered_at)::text,
    said.language
  ) as hash_diff,
  said.gender,
  said.birth_date,
  said.registered_at,
  said.language,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.user_hk, said.applied_at, hash_diff
on conflict do nothing
