-- Grain: one user in one session. Kind: link, insert-only. Reads: dds.stage_event, dds.load.
-- Parameters: $1 load ids.
with staged as (
  select source, session_id, user_id, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and session_id is not null
    and user_id is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
sessions as (
  select
    dds.hash_key(staged.source, staged.session_id, staged.user_id)
      as session_user_hk,
    dds.hash_key(staged.source, staged.session_id) as session_hk,
    dds.hash_key(staged.source, staged.user_id) as user_hk,
    min(loads.staged_at) as load_dts,
    staged.source || '.' || min(staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by staged.source, staged.session_id, staged.user_id
)
insert into dds.l_session_user (
  session_user_hk, session_hk, user_hk, load_dts, record_source
)
select session_user_hk, session_hk, user_hk, load_dts, record_source
from sessions
on conflict do nothing
