-- title: Places day by day
-- kind: mart
-- grain: source, day, country, city
-- reads: marts.fct_event, marts.fct_session, marts.fct_order_line
-- source: terrace
--
-- A place is that of the session, unknown for what has none or is pending. Places are ranked by
-- revenue within source and day, null last, ties by country and city. A known place needs
-- attention when its sessions are above the median of the known places of the day (the mean of the
-- middle two if they are even in number) and its conversion, orders ÷ sessions, is below half of
-- the whole day's.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate and CLOSED orders
-- without a line are pending: counted and left out; where all are, revenue is null and not 0.
with facts as (
  select
    source, day, country, city, 'event' as fact, event_type as what,
    if(session_id is null, null, user_id) as visitor,
    '' as order_id, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and (session_id is not null or event_type = 'view')
  union all
  select source, day, country, city, 'session', '', null, '', false, null
  from marts.fct_session
  where source = {source:String} and day in {days:Array(Date)}
  union all
  select
    source, day, country, city, 'line', '', null,
    order_id, is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
),
figures as (
  select
    source,
    day,
    country,
    city,
    uniqExact(visitor) as users,
    countIf(fact = 'session') as sessions,
    countIf(what = 'view') as views,
    uniqExactIf(order_id, fact = 'line') as orders,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue
  from facts
  group by source, day, country, city
),
places as (
  select
    *,
    if(
      pending_lines > 0 and pending_lines = revenue_lines,
      null,
      known_revenue
    ) as revenue,
    not (country = 'unknown' and city = 'unknown') as is_known,
    sum(orders) over whole_day as day_orders,
    sum(sessions) over whole_day as day_sessions,
    quantileExactInclusiveIf(0.5)(sessions, is_known) over whole_day
      as median_sessions
  from figures
  window whole_day as (partition by source, day)
)
select
  source,
  day,
  country,
  city,
  users,
  sessions,
  views,
  orders,
  revenue,
  pending_lines,
  row_number() over (
    partition by source, day
    order by revenue desc nulls last, country, city
  ) as revenue_rank,
  is_known
    and sessions > median_sessions
    and 2 * orders * day_sessions < day_orders * sessions
    as needs_attention,
  now64(3, 'UTC') as computed_at
from places
