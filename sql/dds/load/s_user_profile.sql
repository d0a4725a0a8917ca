-- Grain: one user, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- No comparison with the row before: see s_user_names.
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
    staged.payload ->> 'gender' as gender,
    (staged.payload ->> 'birth_date')::date as birth_date,
    (staged.payload ->> 'registered_at')::timestamptz as registered_at,
    staged.payload ->> 'language' as language,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    user_hk,
    applied_at,
    dds.hash_diff(
      gender,
      to_char(birth_date, 'YYYY-MM-DD'),
      extract(epoch from registered_at)::text,
      language
    ) as hash_diff,
    gender, birth_date, registered_at, language,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  group by user_hk, applied_at, gender, birth_date, registered_at, language
)
insert into dds.s_user_profile (
  user_hk, applied_at, hash_diff, gender, birth_date, registered_at, language,
  load_dts, record_source
)
select
  user_hk, applied_at, hash_diff, gender, birth_date, registered_at, language,
  load_dts, record_source
from fingerprints
on conflict do nothing
