-- Grain: one order, one time, one status. Kind: multi-active satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select order_hk, source, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'order_status'
),
loads as (
  select load_id, staged_at
  from dds.load
),
statuses as (
  select
    staged.order_hk,
    (staged.payload ->> 'at')::timestamptz as status_at,
    staged.payload ->> 'status' as status,
    min(loads.staged_at) as load_dts,
    min(staged.source || '.' || staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by 1, 2, 3
)
insert into dds.s_order_status (
  order_hk, status_at, status, load_dts, record_source
)
select order_hk, status_at, status, load_dts, record_source
from statuses
on conflict do nothing
