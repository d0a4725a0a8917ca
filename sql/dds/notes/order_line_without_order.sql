-- Noted: orders of which the loads ($1) bring a line or a status, but whose order event has not arrived.
-- They stand on a ghost until it does.
with pieces as (
  select order_hk
  from dds.stage_order_line
  where load_id = any($1::bigint[])
  union
  select order_hk
  from dds.stage_order_status
  where load_id = any($1::bigint[])
)
select h_order.source, h_order.order_id
from pieces
inner join dds.h_order using (order_hk)
left join dds.s_order_cost using (order_hk)
where s_order_cost.order_hk is null
