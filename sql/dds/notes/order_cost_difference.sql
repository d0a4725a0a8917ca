-- Noted: closed orders that the loads ($1) name, whose own cost is not the sum of their lines. Revenue is
-- the sum of the lines; a shop that adds delivery or takes off a bonus makes a difference rightly.
with orders as (
  select distinct order_hk
  from dds.stage_event
  where load_id = any($1::bigint[]) and order_hk <> dds.ghost_key()
),
closed as (
  select order_hk
  from orders
  where exists (
    select from dds.s_order_status as status
    where status.order_hk = orders.order_hk and status.status = 'CLOSED'
  )
),
newest as (
  select distinct on (order_hk) order_hk, cost, currency, version_hk
  from closed
  inner join dds.s_order_cost using (order_hk)
  order by
    order_hk, applied_at desc, version_hk desc nulls last, hash_diff
),
lines as (
  select distinct on (line.order_hk, line.line_no)
    line.order_hk,
    said.quantity * said.unit_price as amount
  from newest
  inner join dds.l_order_product as line using (order_hk)
  inner join dds.s_order_line as said using (order_product_hk)
  where said.version_hk is not distinct from newest.version_hk
  order by
    line.order_hk, line.line_no, said.applied_at desc, said.hash_diff
),
sums as (
  select order_hk, sum(amount) as sum_of_lines
  from lines
  group by order_hk
)
select h_order.order_id, newest.cost, sums.sum_of_lines, newest.currency
from newest
inner join sums using (order_hk)
inner join dds.h_order using (order_hk)
where newest.cost <> sums.sum_of_lines
