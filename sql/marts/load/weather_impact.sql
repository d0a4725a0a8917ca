-- Grain: source, day, city, weather. Kind: mart, its touched days replaced at once. Runs in
-- ClickHouse. Reads: marts.fct_event, fct_session, fct_order_line. Parameters: days.
--
-- A session has the weather of its first event, a view its own, an order that of its place in the
-- hour of the order. The temperature is the mean over all events of sessions there in this
-- weather.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0.
with behaviour as (
  select
    source,
    day,
    city,
    weather,
    countIf(event_type = 'view') as views,
    count(temperature_c) as temperatures,
    sum(ifNull(temperature_c, 0)) as temperature_sum
  from marts.fct_event
  where day in {days:Array(Date)}
    and (session_id is not null or event_type = 'view')
  group by source, day, city, weather
),
visits as (
  select source, day, city, weather, count() as sessions
  from marts.fct_session
  where day in {days:Array(Date)}
  group by source, day, city, weather
),
sales as (
  select
    source,
    day,
    city,
    weather,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)}
  group by source, day, city, weather
),
keys as (
  select source, day, city, weather from behaviour
  union distinct
  select source, day, city, weather from visits
  union distinct
  select source, day, city, weather from sales
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
from keys
left join behaviour using (source, day, city, weather)
left join visits using (source, day, city, weather)
left join sales using (source, day, city, weather)
settings join_use_nulls = 0
