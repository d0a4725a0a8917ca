-- Grain: source, day. Kind: mart, its touched days replaced at once. Runs in ClickHouse. Reads:
-- marts.fct_event, fct_session, fct_order_line. Parameters: days.
--
-- Orders are those ordered on the day, in any status; closed and cancelled are what they are now.
-- Sessions stand on the day on which they began. Conversion is orders ÷ sessions.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0.
with behaviour as (
  select
    source,
    day,
    uniqExactIf(user_id, event_type = 'signup') as new_users,
    countIf(event_type = 'view') as views
  from marts.fct_event
  where day in {days:Array(Date)}
  group by source, day
),
visits as (
  select source, day, count() as sessions
  from marts.fct_session
  where day in {days:Array(Date)}
  group by source, day
),
sales as (
  select
    source,
    day,
    uniqExactIf(order_id, status = 'CLOSED') as closed,
    uniqExactIf(order_id, status = 'CANCELLED') as cancelled,
    uniqExact(user_id) as customers,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)}
  group by source, day
),
keys as (
  select source, day from behaviour
  union distinct
  select source, day from visits
  union distinct
  select source, day from sales
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
  if(closed = 0, null, toFloat64(revenue) / closed) as average_order_value,
  customers,
  new_users,
  sessions,
  views,
  if(sessions = 0, null, orders / sessions) as conversion,
  now64(3, 'UTC') as computed_at
from keys
left join behaviour using (source, day)
left join visits using (source, day)
left join sales using (source, day)
settings join_use_nulls = 0
