-- title: The shop day by day
-- kind: mart
-- grain: source, day
-- reads: marts.fct_event, marts.fct_session, marts.fct_order_line
-- source: terrace
--
-- Orders are those ordered on the day, in any status; closed and cancelled are what they are now.
-- Sessions stand on the day on which they began. Conversion is orders ÷ sessions. The average
-- order value is that of the closed orders whose revenue is known.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate and CLOSED orders
-- without a line are pending: counted and left out; where all are, revenue is null and not 0.
with facts as (
  select
    source, day, 'event' as fact, event_type as what, user_id,
    '' as order_id, null as quantity, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
  union all
  select source, day, 'session', '', null, '', null, false, null
  from marts.fct_session
  where source = {source:String} and day in {days:Array(Date)}
  union all
  select
    source, day, 'line', status, user_id,
    order_id, quantity, is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
),
figures as (
  select
    source,
    day,
    uniqExactIf(order_id, fact = 'line') as orders,
    uniqExactIf(order_id, fact = 'line' and what = 'CLOSED') as closed,
    uniqExactIf(order_id, fact = 'line' and what = 'CANCELLED') as cancelled,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue,
    uniqExactIf(order_id, is_revenue and amount is not null) as known_orders,
    uniqExactIf(user_id, fact = 'line') as customers,
    uniqExactIf(user_id, what = 'signup') as new_users,
    countIf(fact = 'session') as sessions,
    countIf(what = 'view') as views
  from facts
  group by source, day
)
select
  source,
  day,
  orders,
  closed,
  cancelled,
  units,
  if(
    pending_lines > 0 and pending_lines = revenue_lines,
    null,
    known_revenue
  ) as revenue,
  pending_lines,
  if(known_orders = 0, null, toFloat64(known_revenue) / known_orders)
    as average_order_value,
  customers,
  new_users,
  sessions,
  views,
  if(sessions = 0, null, orders / sessions) as conversion,
  now64(3, 'UTC') as computed_at
from figures
