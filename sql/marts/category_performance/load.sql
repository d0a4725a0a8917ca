-- title: Categories day by day
-- kind: mart
-- grain: source, day, category
-- reads: marts.fct_event, marts.fct_order_line
-- source: terrace
--
-- As product_performance: viewers and orders are distinct within the category. The share is of the
-- known revenue of the source and day.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate are pending: counted
-- and left out; where all are pending, revenue is null and not 0.
with facts as (
  select
    source, day, category, event_type as what, user_id,
    '' as order_id, null as quantity, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and event_type in ('view', 'cart')
    and product_id is not null
  union all
  select
    source, day, category, 'line', user_id,
    order_id, quantity, is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)} and product_id is not null
),
figures as (
  select
    source,
    day,
    assumeNotNull(category) as name,
    countIf(what = 'view') as views,
    uniqExactIf(user_id, what = 'view') as viewers,
    countIf(what = 'cart') as carts,
    uniqExactIf(order_id, what = 'line') as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue
  from facts
  group by source, day, name
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
from (
  select
    *,
    sum(known_revenue) over (partition by source, day) as day_revenue
  from figures
)
