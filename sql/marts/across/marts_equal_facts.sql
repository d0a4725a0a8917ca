-- Offending: days of a mart whose total is not that of the facts.
-- Runs in ClickHouse when all tables of a batch are published. Parameters: days.
-- Kind: check. Reads: marts.active_users_7d, marts.campaign_performance, marts.category_performance,
-- marts.daily_business_summary, marts.device_analysis, marts.fct_event, marts.fct_order_line,
-- marts.fct_session, marts.geo_analysis, marts.product_performance, marts.session_analytics,
-- marts.user_engagement, marts.weather_impact.
--
-- Each measure is taken from the facts once and held against every mart that shows it, summed over
-- the rows of the day. Revenue and cost that are null count as nothing on both sides.
--
-- Not compared, for their rows do not sum to anything in the facts:
-- - ratios, means, quantiles and ranks: average_order_value, conversion, revenue_share, stickiness,
--   the durations and events_per_session of session_analytics, click_rate, cost_per_click,
--   return_on_spend, revenue_rank and needs_attention of geo_analysis, mean_temperature_c;
-- - what is distinct within a row and stands in several: viewers and orders of product_performance
--   and category_performance (an order has several products), users of geo_analysis and
--   device_analysis (a user may be at two places);
-- - what needs other days: active_users_7d, new_users and returning_users of active_users_7d.
with events as (
  select
    source,
    day,
    countIf(event_type = 'view') as views,
    countIf(event_type = 'view' and product_id is not null) as product_views,
    countIf(event_type = 'cart' and product_id is not null) as product_carts,
    uniqExactIf(user_id, event_type = 'signup') as new_users,
    uniqExact(user_id) as active_users,
    countIf(user_id is not null) as user_events,
    countIf(event_type = 'view' and user_id is not null) as user_views,
    countIf(event_type = 'cart' and user_id is not null) as user_carts,
    countIf(event_type = 'purchase' and user_id is not null) as user_purchases
  from marts.fct_event
  where day in {days:Array(Date)}
  group by source, day
),
campaigns as (
  select
    source,
    day,
    countIf(action = 'impression') as impressions,
    countIf(action = 'click') as clicks,
    sum(ifNull(cost_reporting, 0)) as spent,
    countIf(cost is not null and cost_reporting is null) as pending_costs
  from marts.fct_event
  where day in {days:Array(Date)}
    and event_type = 'campaign_event'
    and campaign_id is not null
  group by source, day
),
visits as (
  select
    source,
    day,
    count() as sessions,
    countIf(views + carts + purchases + orders <= 1) as bounces,
    countIf(orders > 0) as with_order,
    countIf(user_id is not null) as user_sessions,
    sumIf(duration_seconds, user_id is not null) as user_seconds
  from marts.fct_session
  where day in {days:Array(Date)}
  group by source, day
),
sales as (
  select
    source,
    day,
    uniqExact(order_id) as orders,
    uniqExactIf(order_id, status = 'CLOSED') as closed,
    uniqExactIf(order_id, status = 'CANCELLED') as cancelled,
    uniqExact(user_id) as customers,
    uniqExactIf(order_id, campaign_id is not null) as campaign_orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    sumIf(worth, is_revenue) as revenue,
    sumIf(worth, is_revenue and user_id is not null) as user_revenue,
    sumIf(worth, is_revenue and campaign_id is not null) as campaign_revenue,
    countIf(is_pending) as pending,
    countIf(is_pending and product_id is not null) as product_pending,
    countIf(is_pending and user_id is not null) as user_pending,
    countIf(is_pending and campaign_id is not null) as campaign_pending
  from (
    select
      *,
      ifNull(amount_reporting, 0) as worth,
      is_revenue and amount_reporting is null as is_pending
    from marts.fct_order_line
    where day in {days:Array(Date)}
  )
  group by source, day
),
in_facts as (
  select source, day, arrayJoin([
    ('daily_business_summary', 'views', toDecimal128(views, 6)),
    ('daily_business_summary', 'new_users', toDecimal128(new_users, 6)),
    ('product_performance', 'views', toDecimal128(product_views, 6)),
    ('product_performance', 'carts', toDecimal128(product_carts, 6)),
    ('category_performance', 'views', toDecimal128(product_views, 6)),
    ('category_performance', 'carts', toDecimal128(product_carts, 6)),
    ('user_engagement', 'events', toDecimal128(user_events, 6)),
    ('user_engagement', 'views', toDecimal128(user_views, 6)),
    ('user_engagement', 'carts', toDecimal128(user_carts, 6)),
    ('user_engagement', 'purchases', toDecimal128(user_purchases, 6)),
    ('active_users_7d', 'active_users_day', toDecimal128(active_users, 6)),
    ('geo_analysis', 'views', toDecimal128(views, 6)),
    ('device_analysis', 'views', toDecimal128(views, 6)),
    ('weather_impact', 'views', toDecimal128(views, 6))
  ]) as figure
  from events
  union all
  select source, day, arrayJoin([
    ('campaign_performance', 'impressions', toDecimal128(impressions, 6)),
    ('campaign_performance', 'clicks', toDecimal128(clicks, 6)),
    ('campaign_performance', 'cost', toDecimal128(spent, 6)),
    ('campaign_performance', 'pending_costs', toDecimal128(pending_costs, 6))
  ])
  from campaigns
  union all
  select source, day, arrayJoin([
    ('daily_business_summary', 'sessions', toDecimal128(sessions, 6)),
    ('user_engagement', 'sessions', toDecimal128(user_sessions, 6)),
    ('user_engagement', 'active_seconds', toDecimal128(user_seconds, 6)),
    ('session_analytics', 'sessions', toDecimal128(sessions, 6)),
    ('session_analytics', 'bounces', toDecimal128(bounces, 6)),
    ('session_analytics', 'sessions_with_order', toDecimal128(with_order, 6)),
    ('geo_analysis', 'sessions', toDecimal128(sessions, 6)),
    ('device_analysis', 'sessions', toDecimal128(sessions, 6)),
    ('weather_impact', 'sessions', toDecimal128(sessions, 6))
  ])
  from visits
  union all
  select source, day, arrayJoin([
    ('daily_business_summary', 'orders', toDecimal128(orders, 6)),
    ('daily_business_summary', 'closed', toDecimal128(closed, 6)),
    ('daily_business_summary', 'cancelled', toDecimal128(cancelled, 6)),
    ('daily_business_summary', 'units', toDecimal128(units, 6)),
    ('daily_business_summary', 'customers', toDecimal128(customers, 6)),
    ('daily_business_summary', 'revenue', toDecimal128(revenue, 6)),
    ('daily_business_summary', 'pending_lines', toDecimal128(pending, 6)),
    ('product_performance', 'units', toDecimal128(units, 6)),
    ('product_performance', 'revenue', toDecimal128(revenue, 6)),
    ('product_performance', 'pending_lines', toDecimal128(product_pending, 6)),
    ('category_performance', 'units', toDecimal128(units, 6)),
    ('category_performance', 'revenue', toDecimal128(revenue, 6)),
    ('category_performance', 'pending_lines', toDecimal128(product_pending, 6)),
    ('user_engagement', 'revenue', toDecimal128(user_revenue, 6)),
    ('user_engagement', 'pending_lines', toDecimal128(user_pending, 6)),
    ('campaign_performance', 'orders', toDecimal128(campaign_orders, 6)),
    ('campaign_performance', 'revenue', toDecimal128(campaign_revenue, 6)),
    ('campaign_performance', 'pending_lines', toDecimal128(campaign_pending, 6)),
    ('geo_analysis', 'orders', toDecimal128(orders, 6)),
    ('geo_analysis', 'revenue', toDecimal128(revenue, 6)),
    ('geo_analysis', 'pending_lines', toDecimal128(pending, 6)),
    ('device_analysis', 'orders', toDecimal128(orders, 6)),
    ('device_analysis', 'revenue', toDecimal128(revenue, 6)),
    ('device_analysis', 'pending_lines', toDecimal128(pending, 6)),
    ('weather_impact', 'orders', toDecimal128(orders, 6)),
    ('weather_impact', 'revenue', toDecimal128(revenue, 6)),
    ('weather_impact', 'pending_lines', toDecimal128(pending, 6))
  ])
  from sales
),
in_marts as (
  select source, day, arrayJoin([
    ('daily_business_summary', 'orders', toDecimal128(orders, 6)),
    ('daily_business_summary', 'closed', toDecimal128(closed, 6)),
    ('daily_business_summary', 'cancelled', toDecimal128(cancelled, 6)),
    ('daily_business_summary', 'units', toDecimal128(units, 6)),
    ('daily_business_summary', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('daily_business_summary', 'pending_lines', toDecimal128(pending_lines, 6)),
    ('daily_business_summary', 'customers', toDecimal128(customers, 6)),
    ('daily_business_summary', 'new_users', toDecimal128(new_users, 6)),
    ('daily_business_summary', 'sessions', toDecimal128(sessions, 6)),
    ('daily_business_summary', 'views', toDecimal128(views, 6))
  ]) as figure
  from marts.daily_business_summary
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('product_performance', 'views', toDecimal128(views, 6)),
    ('product_performance', 'carts', toDecimal128(carts, 6)),
    ('product_performance', 'units', toDecimal128(units, 6)),
    ('product_performance', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('product_performance', 'pending_lines', toDecimal128(pending_lines, 6))
  ])
  from marts.product_performance
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('category_performance', 'views', toDecimal128(views, 6)),
    ('category_performance', 'carts', toDecimal128(carts, 6)),
    ('category_performance', 'units', toDecimal128(units, 6)),
    ('category_performance', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('category_performance', 'pending_lines', toDecimal128(pending_lines, 6))
  ])
  from marts.category_performance
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('user_engagement', 'events', toDecimal128(events, 6)),
    ('user_engagement', 'sessions', toDecimal128(sessions, 6)),
    ('user_engagement', 'views', toDecimal128(views, 6)),
    ('user_engagement', 'carts', toDecimal128(carts, 6)),
    ('user_engagement', 'purchases', toDecimal128(purchases, 6)),
    ('user_engagement', 'active_seconds', toDecimal128(active_seconds, 6)),
    ('user_engagement', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('user_engagement', 'pending_lines', toDecimal128(pending_lines, 6))
  ])
  from marts.user_engagement
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('active_users_7d', 'active_users_day', toDecimal128(active_users_day, 6))
  ])
  from marts.active_users_7d
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('session_analytics', 'sessions', toDecimal128(sessions, 6)),
    ('session_analytics', 'bounces', toDecimal128(bounces, 6)),
    ('session_analytics', 'sessions_with_order', toDecimal128(sessions_with_order, 6))
  ])
  from marts.session_analytics
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('campaign_performance', 'impressions', toDecimal128(impressions, 6)),
    ('campaign_performance', 'clicks', toDecimal128(clicks, 6)),
    ('campaign_performance', 'cost', toDecimal128(ifNull(cost, 0), 6)),
    ('campaign_performance', 'pending_costs', toDecimal128(pending_costs, 6)),
    ('campaign_performance', 'orders', toDecimal128(orders, 6)),
    ('campaign_performance', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('campaign_performance', 'pending_lines', toDecimal128(pending_lines, 6))
  ])
  from marts.campaign_performance
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('geo_analysis', 'sessions', toDecimal128(sessions, 6)),
    ('geo_analysis', 'views', toDecimal128(views, 6)),
    ('geo_analysis', 'orders', toDecimal128(orders, 6)),
    ('geo_analysis', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('geo_analysis', 'pending_lines', toDecimal128(pending_lines, 6))
  ])
  from marts.geo_analysis
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('device_analysis', 'sessions', toDecimal128(sessions, 6)),
    ('device_analysis', 'views', toDecimal128(views, 6)),
    ('device_analysis', 'orders', toDecimal128(orders, 6)),
    ('device_analysis', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('device_analysis', 'pending_lines', toDecimal128(pending_lines, 6))
  ])
  from marts.device_analysis
  where day in {days:Array(Date)}
  union all
  select source, day, arrayJoin([
    ('weather_impact', 'sessions', toDecimal128(sessions, 6)),
    ('weather_impact', 'views', toDecimal128(views, 6)),
    ('weather_impact', 'orders', toDecimal128(orders, 6)),
    ('weather_impact', 'revenue', toDecimal128(ifNull(revenue, 0), 6)),
    ('weather_impact', 'pending_lines', toDecimal128(pending_lines, 6))
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
    toDecimal128(0, 6) as found
  from in_facts
  union all
  select
    source,
    day,
    figure.1,
    figure.2,
    toDecimal128(0, 6),
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
