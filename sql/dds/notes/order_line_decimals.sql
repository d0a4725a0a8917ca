-- Noted: lines of orders that the loads ($1) name, whose price has more decimals than the currency of the
-- order. A line does not state its currency, and may come before the order that does, so it is let in with
-- the decimals of any currency. Decimals are those of tasks/messages/money.ts: 2 unless listed here.
with orders as (
  select distinct order_hk
  from dds.stage_event
  where load_id = any($1::bigint[]) and order_hk <> dds.ghost_key()
),
units (currency, decimals) as (
  values ('JPY', 0), ('KRW', 0), ('BHD', 3), ('KWD', 3)
),
newest as (
  select distinct on (order_hk) order_hk, currency, version_hk
  from orders
  inner join dds.s_order_cost using (order_hk)
  order by
    order_hk, applied_at desc, version_hk desc nulls last, hash_diff
),
lines as (
  select distinct on (line.order_hk, line.line_no)
    line.order_hk,
    line.line_no,
    said.unit_price
  from newest
  inner join dds.l_order_product as line using (order_hk)
  inner join dds.s_order_line as said using (order_product_hk)
  where said.version_hk is not distinct from newest.version_hk
  order by
    line.order_hk, line.line_no, said.applied_at desc, said.hash_diff
)
select
  h_order.source,
  h_order.order_id,
  lines.line_no,
  trim_scale(lines.unit_price) as unit_price,
  newest.currency
from lines
inner join newest using (order_hk)
inner join dds.h_order using (order_hk)
left join units using (currency)
where min_scale(lines.unit_price) > coalesce(units.decimals, 2)
