-- Grain: source, day, campaign. Kind: mart, its touched days replaced at once. Runs in ClickHouse.
-- Reads: marts.fct_event, fct_order_line. Parameters: days.
--
-- Impressions, clicks and costs are campaign events of the day, each cost at the rate of its day.
-- Orders are attributed by the campaign that they name: in any status, on the day of the order.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines whose rate is pending are counted
-- and left out; where all are pending, revenue is null and not 0. Costs follow the same rule.
with spending as (
  select
    source,
    day,
    assumeNotNull(campaign_id) as campaign,
    countIf(action = 'impression') as impressions,
    countIf(action = 'click') as clicks,
    countIf(cost is not null) as costs,
    countIf(cost is not null and cost_reporting is null) as pending_costs,
    sum(ifNull(cost_reporting, 0)) as known_cost
  from marts.fct_event
  where day in {days:Array(Date)}
    and event_type = 'campaign_event'
    and campaign_id is not null
  group by source, day, campaign
),
sales as (
  select
    source,
    day,
    assumeNotNull(campaign_id) as campaign,
    uniqExact(order_id) as orders,
    sumIf(ifNull(quantity, 0), is_revenue) as units,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount_reporting is null) as pending_lines,
    sumIf(ifNull(amount_reporting, 0), is_revenue) as known_revenue
  from marts.fct_order_line
  where day in {days:Array(Date)} and campaign_id is not null
  group by source, day, campaign
),
keys as (
  select source, day, campaign from spending
  union distinct
  select source, day, campaign from sales
)
select
  source,
  day,
  campaign as campaign_id,
  impressions,
  clicks,
  if(pending_costs > 0 and pending_costs = costs, null, known_cost) as cost,
  pending_costs,
  orders,
  if(
    pending_lines > 0 and pending_lines = revenue_lines,
    null,
    known_revenue
  ) as revenue,
  pending_lines,
  if(impressions = 0, null, clicks / impressions) as click_rate,
  if(clicks = 0, null, toFloat64(cost) / clicks) as cost_per_click,
  if(known_cost = 0, null, toFloat64(revenue) / toFloat64(cost))
    as return_on_spend,
  now64(3, 'UTC') as computed_at
from keys
left join spending using (source, day, campaign)
left join sales using (source, day, campaign)
settings join_use_nulls = 0
