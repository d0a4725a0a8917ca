-- Grain: source, day, device type, system. Kind: mart, its touched days replaced at once. Runs in
-- ClickHouse. Reads: marts.fct_event, fct_session, fct_order_line. Parameters: days.
--
-- The device is that of the session, unknown for what has none.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0.
with behaviour as (
  select
    source,
    day,
    device_type,
    os,
    uniqExactIf(user_id, session_id is not null) as users,
    countIf(event_type = 'view') as views
  from marts.fct_event
  where day in {days:Array(Date)}
    and (session_id is not null or event_type = 'view')
  group by source, day, device_type, os
),
visits as (
  select source, day, device_type, os, count() as sessions
  from marts.fct_session
  where day in {days:Array(Date)}
  group by source, day, device_type, os
),
sales as (
  select
    source,
    day,
    device_type,
    os,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)}
  group by source, day, device_type, os
),
keys as (
  select source, day, device_type, os from behaviour
  union distinct
  select source, day, device_type, os from visits
  union distinct
  select source, day, device_type, os from sales
)
select
  source,
  day,
  device_type,
  os,
  users,
  sessions,
  views,
  orders,
  if(
    pending_lines > 0 and pending_lines = revenue_lines,
    null,
    known_revenue
  ) as revenue,
  pending_lines,
  if(sessions = 0, null, orders / sessions) as conversion,
  now64(3, 'UTC') as computed_at
from keys
left join behaviour using (source, day, device_type, os)
left join visits using (source, day, device_type, os)
left join sales using (source, day, device_type, os)
settings join_use_nulls = 0
