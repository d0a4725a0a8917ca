-- Grain: source, day, product. Kind: mart, its touched days replaced at once. Runs in ClickHouse.
-- Reads: marts.fct_event, fct_order_line. Parameters: days.
--
-- Views and carts are events of the day; orders and units are of orders ordered on the day: orders
-- in any status, once however many lines name the product, and units of CLOSED ones. The category
-- is the latest known.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0.
with behaviour as (
  select
    source,
    day,
    assumeNotNull(product_id) as product,
    any(category) as known_category,
    countIf(event_type = 'view') as views,
    uniqExactIf(user_id, event_type = 'view') as viewers,
    countIf(event_type = 'cart') as carts
  from marts.fct_event
  where day in {days:Array(Date)}
    and event_type in ('view', 'cart')
    and product_id is not null
  group by source, day, product
),
sales as (
  select
    source,
    day,
    assumeNotNull(product_id) as product,
    any(category) as known_category,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)} and product_id is not null
  group by source, day, product
),
keys as (
  select source, day, product, max(known_category) as category
  from (
    select source, day, product, known_category from behaviour
    union all
    select source, day, product, known_category from sales
  )
  group by source, day, product
)
select
  source,
  day,
  product as product_id,
  ifNull(category, 'unknown') as category,
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
from keys
left join behaviour using (source, day, product)
left join sales using (source, day, product)
settings join_use_nulls = 0
