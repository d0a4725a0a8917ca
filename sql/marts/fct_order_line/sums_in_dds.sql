-- Grain: day. Orders that are asked for, and what their lines of revenue are worth, all currencies
-- as one number, to hold against sums_in_marts.sql. Kind: check. Reads: asked, dds.order_now,
-- dds.l_order_product, dds.s_order_line, dds.ref_source. Runs in Postgres, in the transaction of the
-- copy. Settings: terrace.source, terrace.days.
with orders as (
  select
    order_now.*,
    dds.day_of(order_now.ordered_at, ref_source.time_zone) as day,
    case coalesce(ref_source.revenue, 'closed')
      when 'every' then true
      when 'none' then false
      else order_now.status = 'CLOSED'
    end as is_revenue
  from asked
  inner join dds.order_now using (order_hk)
  left join dds.ref_source using (source)
),
said as (
  select
    orders.order_hk, link.line_no, line.quantity, line.unit_price,
    row_number() over (
      partition by orders.order_hk, link.line_no
      order by line.applied_at desc, line.hash_diff, link.product_hk
    ) as nth
  from orders
  inner join dds.l_order_product as link using (order_hk)
  inner join dds.s_order_line as line using (order_product_hk)
  where line.version_hk is not distinct from orders.version_hk
    and line.load_id <> all ((select dds.under_way())::bigint[])
),
worth as (
  select
    order_hk,
    sum(round(quantity * unit_price, 4)) as amount
  from said
  where nth = 1
  group by order_hk
)
select
  orders.day::text as day,
  count(*)::text as rows,
  coalesce(
    sum(worth.amount) filter (where orders.is_revenue),
    0
  )::numeric(38, 4)::text as checksum
from orders
left join worth using (order_hk)
where orders.source = current_setting('terrace.source')
  and orders.day = any(current_setting('terrace.days')::date[])
group by orders.day
