-- title: Weather and visits day by day
-- kind: mart
-- grain: source, day, city, weather
-- reads: marts.fct_event, marts.fct_session, marts.fct_order_line
-- source: terrace
--
-- A session has the weather of its first event, a view its own, an order that of its place in the
-- hour of the order. The temperature is the mean over all events of sessions there in this
-- weather.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate and CLOSED orders
-- without a line are pending: counted and left out; where all are, revenue is null and not 0.
with facts as (
  select
    source, day, city, weather, 'event' as fact, event_type as what,
    temperature_c,
    '' as order_id, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and (session_id is not null or event_type = 'view')
  union all
  select source, day, city, weather, 'session', '', null, '', false, null
  from marts.fct_session
  where source = {source:String} and day in {days:Array(Date)}
  union all
  select
    source, day, city, weather, 'line', '', null,
    order_id, is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
),
figures as (
  select
    source,
    day,
    city,
    weather,
    count(temperature_c) as temperatures,
    sum(ifNull(temperature_c, 0)) as temperature_sum,
    countIf(fact = 'session') as sessions,
    countIf(what = 'view') as views,
    uniqExactIf(order_id, fact = 'line') as orders,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue
  from facts
  group by source, day, city, weather
)
select
  source,
  day,
  city,
  weather,
  sessions,
  views,
  orders,
  if(
    pending_lines > 0 and pending_lines = revenue_lines,
    null,
    known_revenue
  ) as revenue,
  pending_lines,
  if(temperatures = 0, null, toFloat64(temperature_sum) / temperatures)
    as mean_temperature_c,
  now64(3, 'UTC') as computed_at
from figures
