-- Grain: source, day, user. Kind: mart, its touched days replaced at once. Runs in ClickHouse.
-- Reads: marts.fct_event, fct_session, fct_order_line. Parameters: days.
--
-- Events, views, carts and purchases are those of the day. Sessions stand on the day on which they
-- began, with all their seconds: Σ over sessions of last − first event. An order without a user is
-- in no row.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0.
with behaviour as (
  select
    source,
    day,
    assumeNotNull(user_id) as person,
    count() as events,
    countIf(event_type = 'view') as views,
    countIf(event_type = 'cart') as carts,
    countIf(event_type = 'purchase') as purchases
  from marts.fct_event
  where day in {days:Array(Date)} and user_id is not null
  group by source, day, person
),
visits as (
  select
    source,
    day,
    assumeNotNull(user_id) as person,
    count() as sessions,
    sum(duration_seconds) as active_seconds
  from marts.fct_session
  where day in {days:Array(Date)} and user_id is not null
  group by source, day, person
),
sales as (
  select
    source,
    day,
    assumeNotNull(user_id) as person,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)} and user_id is not null
  group by source, day, person
),
keys as (
  select source, day, person from behaviour
  union distinct
  select source, day, person from visits
  union distinct
  select source, day, person from sales
)
select
  source,
  day,
  person as user_id,
  events,
  sessions,
  views,
  carts,
  purchases,
  active_seconds,
  if(
    pending_lines > 0 and pending_lines = revenue_lines,
    null,
    known_revenue
  ) as revenue,
  pending_lines,
  now64(3, 'UTC') as computed_at
from keys
left join behaviour using (source, day, person)
left join visits using (source, day, person)
left join sales using (source, day, person)
settings join_use_nulls = 0
