-- Grain: one order of which something was said near the days asked for. Kind: query, what a load of
-- whole days asks for. Reads: dds.l_order_product, dds.s_order_cost, dds.s_order_line,
-- dds.s_order_status, dds.times_of. Runs in Postgres. Settings: terrace.days.
with span as (
  select from_time, until_time
  from dds.times_of(current_setting('terrace.days')::date[])
)
select order_hk
from dds.s_order_cost
where ordered_at >= (select from_time from span)
  and ordered_at < (select until_time from span)
union
select link.order_hk
from dds.s_order_line as said
inner join dds.l_order_product as link using (order_product_hk)
where said.applied_at >= (select from_time from span)
  and said.applied_at < (select until_time from span)
union
select order_hk
from dds.s_order_status
where status_at >= (select from_time from span)
  and status_at < (select until_time from span)
