-- Grain: one user of one source. Kind: hub, insert-only. Reads: dds.stage_event, dds.load.
-- Parameters: $1 load ids.
with staged as (
  select user_hk, source, user_id, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and user_id is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
keys as (
  select
    staged.user_hk,
    staged.source,
    staged.user_id,
    min(loads.staged_at) as load_dts,
    staged.source || '.' || min(staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by staged.user_hk, staged.source, staged.user_id
)
insert into dds.h_user (
  user_hk, source, user_id, load_dts, record_source
)
select user_hk, source, user_id, load_dts, record_source
from keys
on conflict do nothing
