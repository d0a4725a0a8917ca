-- title: Devices day by day
-- kind: mart
-- grain: source, day, device type, system
-- reads: marts.fct_event, marts.fct_session, marts.fct_order_line
-- source: terrace
--
-- The device is that of the session, unknown for what has none.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate and CLOSED orders
-- without a line are pending: counted and left out; where all are, revenue is null and not 0.
with facts as (
  select
    source, day, device_type, os, 'event' as fact, event_type as what,
    if(session_id is null, null, user_id) as visitor,
    '' as order_id, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and (session_id is not null or event_type = 'view')
  union all
  select source, day, device_type, os, 'session', '', null, '', false, null
  from marts.fct_session
  where source = {source:String} and day in {days:Array(Date)}
  union all
  select
    source, day, device_type, os, 'line', '', null,
    order_id, is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
),
figures as (
  select
    source,
    day,
    device_type,
    os,
    uniqExact(visitor) as users,
    countIf(fact = 'session') as sessions,
    countIf(what = 'view') as views,
    uniqExactIf(order_id, fact = 'line') as orders,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue
  from facts
  group by source, day, device_type, os
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
from figures
