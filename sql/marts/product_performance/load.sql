-- title: Products day by day
-- kind: mart
-- grain: source, day, product
-- reads: marts.fct_event, marts.fct_order_line
-- source: terrace
--
-- Views and carts are events of the day; orders and units are of orders ordered on the day: orders
-- in any status, once however many lines name the product, and units of CLOSED ones. The category
-- is the latest known.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate are pending: counted
-- and left out; where all are pending, revenue is null and not 0.
with facts as (
  select
    source, day, product_id, category, event_type as what, user_id,
    '' as order_id, null as quantity, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and event_type in ('view', 'cart')
    and product_id is not null
  union all
  select
    source, day, product_id, category, 'line', user_id,
    order_id, quantity, is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)} and product_id is not null
),
figures as (
  select
    source,
    day,
    assumeNotNull(product_id) as product,
    any(category) as latest_category,
    countIf(what = 'view') as views,
    uniqExactIf(user_id, what = 'view') as viewers,
    countIf(what = 'cart') as carts,
    uniqExactIf(order_id, what = 'line') as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue
  from facts
  group by source, day, product
)
select
  source,
  day,
  product as product_id,
  latest_category as category,
  views,
  viewers,
  carts,
  orders,
  units,
  if(
    pending_lines > 0 and pending_lines = revenue_lines,
    null,
    known_revenue
  ) as revenue,
  pending_lines,
  now64(3, 'UTC') as computed_at
from figures
