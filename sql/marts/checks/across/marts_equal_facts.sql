-- Offending: days of a mart whose total is not that of the facts.
-- Runs in ClickHouse when all tables of a batch are published. Parameters: days.
-- Kind: check. Reads: marts.campaign_performance, marts.category_performance,
-- marts.daily_business_summary, marts.device_analysis, marts.fct_event, marts.fct_order_line,
-- marts.fct_session, marts.geo_analysis, marts.product_performance, marts.session_analytics,
-- marts.user_engagement, marts.weather_impact.
--
-- Each measure is taken from the facts once and held against every mart that shows it. Revenue that
-- is null for its rate is pending counts as nothing on both sides.
with events as (
  select
    source,
    day,
    countIf(event_type = 'view') as views,
    countIf(event_type = 'view' and product_id is not null) as product_views,
    countIf(event_type = 'view' and user_id is not null) as user_views,
    countIf(user_id is not null) as user_events
  from marts.fct_event
  where day in {days:Array(Date)}
  group by source, day
),
visits as (
  select
    source,
    day,
    count() as sessions,
    countIf(user_id is not null) as user_sessions
  from marts.fct_session
  where day in {days:Array(Date)}
  group by source, day
),
sales as (
  select
    source,
    day,
    uniqExact(order_id) as orders,
    uniqExactIf(order_id, campaign_id is not null) as campaign_orders,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as revenue,
    sumIf(ifNull(amount_reporting, 0), is_revenue and user_id is not null)
      as user_revenue,
    sumIf(
      ifNull(amount_reporting, 0), is_revenue and campaign_id is not null
    ) as campaign_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)}
  group by source, day
),
in_facts as (
  select source, day, arrayJoin([
    ('daily_business_summary', 'views', toDecimal128(views, 4)),
    ('product_performance', 'views', toDecimal128(product_views, 4)),
    ('category_performance', 'views', toDecimal128(product_views, 4)),
    ('user_engagement', 'views', toDecimal128(user_views, 4)),
    ('user_engagement', 'events', toDecimal128(user_events, 4)),
    ('geo_analysis', 'views', toDecimal128(views, 4)),
    ('device_analysis', 'views', toDecimal128(views, 4)),
    ('weather_impact', 'views', toDecimal128(views, 4))
  ]) as figure
  from events
  union all
  select source, day, arrayJoin([
    ('daily_business_summary', 'sessions', toDecimal128(sessions, 4)),
    ('user_engagement', 'sessions', toDecimal128(user_sessions, 4)),
    ('session_analytics', 'sessions', toDecimal128(sessions, 4)),
    ('geo_analysis', 'sessions', toDecimal128(sessions, 4)),
    ('device_analysis', 'sessions', toDecimal128(sessions, 4)),
    ('weather_impact', 'sessions', toDecimal128(sessions, 4))
  ])
  from visits
  union all
  select source, day, arrayJoin([
    ('daily_business_summary', 'orders', toDecimal128(orders, 4)),
    ('daily_business_summary', 'revenue', revenue),
    ('product_performance', 'revenue', revenue),
    ('category_performance', 'revenue', revenue),
    ('user_engagement', 'revenue', user_revenue),
    ('campaign_performance', 'orders', toDecimal128(campaign_orders, 4)),
    ('campaign_performance', 'revenue', campaign_revenue),
    ('geo_analysis', 'orders', toDecimal128(orders, 4)),
    ('geo_analysis', 'revenue', revenue),
    ('device_analysis', 'orders', toDecimal128(orders, 4)),
    ('device_analysis', 'revenue', revenue),
    ('weather_impact', 'orders', toDecimal128(orders, 4)),
    ('weather_impact', 'revenue', revenue)
  ])
  from sales
),
in_marts as (
  select source, day, arrayJoin([
    ('daily_business_summary', 'views', toDecimal128(views, 4)),
    ('daily_business_summary', 'sessions', toDecimal128(sessions, 4)),
    ('daily_business_summary', 'orders', toDecimal128(orders, 4)),
    ('daily_business_summary', 'revenue', ifNull(revenue, 0))
  ]) as figure
  from marts.daily_business_summary
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('product_performance', 'views', toDecimal128(views, 4)),
    ('product_performance', 'revenue', ifNull(revenue, 0))
  ])
  from marts.product_performance
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('category_performance', 'views', toDecimal128(views, 4)),
    ('category_performance', 'revenue', ifNull(revenue, 0))
  ])
  from marts.category_performance
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('user_engagement', 'views', toDecimal128(views, 4)),
    ('user_engagement', 'events', toDecimal128(events, 4)),
    ('user_engagement', 'sessions', toDecimal128(sessions, 4)),
    ('user_engagement', 'revenue', ifNull(revenue, 0))
  ])
  from marts.user_engagement
  where day in {days:Array(Date)}
  union all
  select
    source,
    day,
    ('session_analytics', 'sessions', toDecimal128(sessions, 4))
  from marts.session_analytics
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('campaign_performance', 'orders', toDecimal128(orders, 4)),
    ('campaign_performance', 'revenue', ifNull(revenue, 0))
  ])
  from marts.campaign_performance
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('geo_analysis', 'views', toDecimal128(views, 4)),
    ('geo_analysis', 'sessions', toDecimal128(sessions, 4)),
    ('geo_analysis', 'orders', toDecimal128(orders, 4)),
    ('geo_analysis', 'revenue', ifNull(revenue, 0))
  ])
  from marts.geo_analysis
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('device_analysis', 'views', toDecimal128(views, 4)),
    ('device_analysis', 'sessions', toDecimal128(sessions, 4)),
    ('device_analysis', 'orders', toDecimal128(orders, 4)),
    ('device_analysis', 'revenue', ifNull(revenue, 0))
  ])
  from marts.device_analysis
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('weather_impact', 'views', toDecimal128(views, 4)),
    ('weather_impact', 'sessions', toDecimal128(sessions, 4)),
    ('weather_impact', 'orders', toDecimal128(orders, 4)),
    ('weather_impact', 'revenue', ifNull(revenue, 0))
  ])
  from marts.weather_impact
  where day in {days:Array(Date)}
),
figures as (
  select
    source,
    day,
    figure.1 as mart,
    figure.2 as measure,
    figure.3 as expected,
    toDecimal128(0, 4) as found
  from in_facts
  union all
  select
    source,
    day,
    figure.1,
    figure.2,
    toDecimal128(0, 4),
    figure.3
  from in_marts
)
select
  mart,
  measure,
  source,
  toString(day) as on_day,
  toString(sum(expected)) as facts,
  toString(sum(found)) as marts
from figures
group by mart, measure, source, day
having sum(expected) <> sum(found)
order by mart, measure, source, day
limit 100
