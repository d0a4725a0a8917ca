-- Grain: source, day, country, city. Kind: mart, its touched days replaced at once. Runs in
-- ClickHouse. Reads: marts.fct_event, fct_session, fct_order_line. Parameters: days.
--
-- A place is that of the session, unknown for what has none or is pending. Places are ranked by
-- revenue within source and day, null last, ties by country and city. A known place needs
-- attention when its sessions are above the median of the known places of the day (the mean of the
-- middle two if they are even in number) and its conversion, orders ÷ sessions, is below half of
-- the whole day's.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0.
with behaviour as (
  select
    source,
    day,
    country,
    city,
    uniqExactIf(user_id, session_id is not null) as users,
    countIf(event_type = 'view') as views
  from marts.fct_event
  where day in {days:Array(Date)}
    and (session_id is not null or event_type = 'view')
  group by source, day, country, city
),
visits as (
  select source, day, country, city, count() as sessions
  from marts.fct_session
  where day in {days:Array(Date)}
  group by source, day, country, city
),
sales as (
  select
    source,
    day,
    country,
    city,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)}
  group by source, day, country, city
),
keys as (
  select source, day, country, city from behaviour
  union distinct
  select source, day, country, city from visits
  union distinct
  select source, day, country, city from sales
),
places as (
  select
    source, day, country, city, users, sessions, views, orders,
    pending_lines,
    if(
      pending_lines > 0 and pending_lines = revenue_lines,
      null,
      known_revenue
    ) as revenue,
    not (country = 'unknown' and city = 'unknown') as is_known
  from keys
  left join behaviour using (source, day, country, city)
  left join visits using (source, day, country, city)
  left join sales using (source, day, country, city)
),
days as (
  select
    source,
    day,
    sum(orders) as day_orders,
    sum(sessions) as day_sessions,
    quantileExactInclusiveIf(0.5)(sessions, is_known) as median_sessions
  from places
  group by source, day
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
inner join days using (source, day)
settings join_use_nulls = 0
