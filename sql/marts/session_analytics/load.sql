-- title: Sessions by device, day by day
-- kind: mart
-- grain: source, day, device type
-- reads: marts.fct_session
-- source: terrace
--
-- Sessions stand on the day on which they began. A bounce is a session in which at most one thing
-- was done: one view, cart, purchase or order. (Start, end, device, location and campaign messages
-- only frame a session; counting them, no session would ever be of one event.)
-- Quantiles are exact, the element at ⌊level × sessions⌋, counted from 0 in order of duration.
select
  source,
  day,
  device_type,
  count() as sessions,
  countIf(views + carts + purchases + orders <= 1) as bounces,
  toFloat64(sum(duration_seconds)) / count() as mean_duration_seconds,
  quantileExact(0.5)(duration_seconds) as median_duration_seconds,
  quantileExact(0.95)(duration_seconds) as p95_duration_seconds,
  sum(events) / count() as events_per_session,
  countIf(orders > 0) as sessions_with_order,
  now64(3, 'UTC') as computed_at
from marts.fct_session
where source = {source:String} and day in {days:Array(Date)}
group by source, day, device_type
