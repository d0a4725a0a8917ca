-- Grain: source, day, category. Kind: mart, its touched days replaced at once. Runs in ClickHouse.
-- Reads: marts.fct_event, fct_order_line. Parameters: days.
--
-- As product_performance: viewers and orders are distinct within the category. The share is of the
-- known revenue of the source and day.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0.
with behaviour as (
  select
    source,
    day,
    assumeNotNull(category) as name,
    countIf(event_type = 'view') as views,
    uniqExactIf(user_id, event_type = 'view') as viewers,
    countIf(event_type = 'cart') as carts
  from marts.fct_event
  where day in {days:Array(Date)}
    and event_type in ('view', 'cart')
    and category is not null
  group by source, day, name
),
sales as (
  select
    source,
    day,
    assumeNotNull(category) as name,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)} and category is not null
  group by source, day, name
),
totals as (
  select source, day, sum(known_revenue) as day_revenue
  from sales
  group by source, day
),
keys as (
  select source, day, name from behaviour
  union distinct
  select source, day, name from sales
)
select
  source,
  day,
  name as category,
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
  if(day_revenue = 0, null, toFloat64(revenue) / toFloat64(day_revenue))
    as revenue_share,
  now64(3, 'UTC') as computed_at
from keys
left join behaviour using (source, day, name)
left join sales using (source, day, name)
left join totals using (source, day)
settings join_use_nulls = 0
