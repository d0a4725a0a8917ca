-- title: Users day by day
-- kind: mart
-- grain: source, day, user
-- reads: marts.fct_event, marts.fct_session, marts.fct_order_line
-- source: terrace
--
-- Events, views, carts and purchases are those of the day. Sessions stand on the day on which they
-- began, with all their seconds: Σ over sessions of last − first event. An order without a user is
-- in no row.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate and CLOSED orders
-- without a line are pending: counted and left out; where all are, revenue is null and not 0.
with facts as (
  select
    source, day, user_id, 'event' as fact, event_type as what,
    toDecimal64(0, 6) as seconds, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)} and user_id is not null
  union all
  select source, day, user_id, 'session', '', duration_seconds, false, null
  from marts.fct_session
  where source = {source:String} and day in {days:Array(Date)} and user_id is not null
  union all
  select
    source, day, user_id, 'line', '', toDecimal64(0, 6),
    is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)} and user_id is not null
),
figures as (
  select
    source,
    day,
    assumeNotNull(user_id) as person,
    countIf(fact = 'event') as events,
    countIf(fact = 'session') as sessions,
    countIf(what = 'view') as views,
    countIf(what = 'cart') as carts,
    countIf(what = 'purchase') as purchases,
    sum(seconds) as active_seconds,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue
  from facts
  group by source, day, person
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
from figures
