-- Grain: one user of one order. Kind: link, insert-only. Reads: dds.stage_event, dds.load.
-- Parameters: $1 load ids.
with staged as (
  select order_hk, user_hk, source, order_id, user_id, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and order_id is not null
    and user_id is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
pairs as (
  select
    dds.hash_key(staged.source, staged.order_id, staged.user_id)
      as order_user_hk,
    staged.order_hk,
    staged.user_hk,
    min(loads.staged_at) as load_dts,
    staged.source || '.' || min(staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by
    staged.order_hk, staged.user_hk, staged.source, staged.order_id,
    staged.user_id
)
insert into dds.l_order_user (
  order_user_hk, order_hk, user_hk, load_dts, record_source
)
select order_user_hk, order_hk, user_hk, load_dts, record_source
from pairs
on conflict do nothing
