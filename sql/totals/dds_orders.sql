-- Grain: one source. Kind: query. Reads: dds.order_now, dds.s_order_cost, dds.l_order_product,
-- dds.s_order_line. Orders as they hold now, with the lines of their newest version.
--
-- `orders` came with a message of their own, and have a cost or not; `known` are also those of which only
-- lines or statuses have come. `money` is what the orders say they cost, `lines` the price of their lines.
with orders as materialized (
  select
    order_now.*,
    exists (
      select from dds.s_order_cost as said where said.order_hk = order_now.order_hk
    ) as is_said
  from dds.order_now
),
lines as (
  select distinct on (orders.order_hk, link.line_no)
    orders.source, orders.currency, said.quantity, said.unit_price
  from orders
  inner join dds.l_order_product as link using (order_hk)
  inner join dds.s_order_line as said using (order_product_hk)
  where said.version_hk is not distinct from orders.version_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
  order by orders.order_hk, link.line_no, said.applied_at desc, said.hash_diff,
    link.product_hk
),
costs as (
  select source, currency, sum(cost) as amount
  from orders
  where currency is not null and cost is not null
  group by source, currency
),
prices as (
  select source, currency, sum(quantity * unit_price) as amount
  from lines
  where currency is not null and unit_price is not null
  group by source, currency
)
select
  source,
  count(*) filter (where is_said)::text as orders,
  count(*) filter (where ordered_at is not null)::text as known,
  (
    select trim_scale(coalesce(sum(quantity), 0))::text
    from lines
    where lines.source = orders.source
  ) as units,
  (
    select coalesce(jsonb_object_agg(currency, trim_scale(amount)::text), '{}')
    from costs
    where costs.source = orders.source
  ) as money,
  (
    select coalesce(jsonb_object_agg(currency, trim_scale(amount)::text), '{}')
    from prices
    where prices.source = orders.source
  ) as lines,
  (
    select max(load.finished_at)
    from dds.load
    where load.load_id = any(
        array(
          select max(event.load_id)
          from dds.nl_event as event
          where split_part(event.record_source, '.', 1) = orders.source
        )
      )
  ) as newest
from orders
group by source
order by source
