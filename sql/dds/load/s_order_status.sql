-- Grain: one order, one time, one status. Kind: multi-active satellite, insert-only.
-- Reads: dds.stage_order_status, dds.load. Parameters: $1 load ids.
with staged as (
  select order_hk, status_at, status, source, min(load_id) as load_id
  from dds.stage_order_status
  where load_id = any($1::bigint[])
  group by order_hk, status_at, status, source
)
insert into dds.s_order_status (
  order_hk, status_at, status, load_id, load_dts, record_source
)
select
  staged.order_hk,
  staged.status_at,
  staged.status,
  load_id,
  load.staged_at as load_dts,
  staged.source || '.' || load.topic as record_source
from staged
inner join dds.load using (load_id)
order by staged.order_hk, staged.status_at, staged.status
on conflict do nothing
