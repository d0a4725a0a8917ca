-- title: Campaigns day by day
-- kind: mart
-- grain: source, day, campaign
-- reads: marts.fct_event, marts.fct_order_line
-- source: terrace
--
-- Impressions, clicks and costs are campaign events of the day, each cost at the rate of its day.
-- Orders are attributed by the campaign that they name: in any status, on the day of the order.
-- Revenue: lines of CLOSED orders in REPORTING_CURRENCY. Lines without a rate and CLOSED orders
-- without a line are pending: counted and left out; where all are, revenue is null and not 0.
-- Costs follow the same rule.
with facts as (
  select
    source, day, campaign_id, 'event' as fact, action, cost, cost_reporting,
    '' as order_id, false as is_revenue, null as amount
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and event_type = 'campaign_event'
    and campaign_id is not null
  union all
  select
    source, day, campaign_id, 'line', null, null, null,
    order_id, is_revenue, amount_reporting
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)} and campaign_id is not null
),
figures as (
  select
    source,
    day,
    assumeNotNull(campaign_id) as campaign,
    countIf(action = 'impression') as impressions,
    countIf(action = 'click') as clicks,
    count(cost) as costs,
    countIf(cost is not null and cost_reporting is null) as pending_costs,
    sum(ifNull(cost_reporting, 0)) as known_cost,
    uniqExactIf(order_id, fact = 'line') as orders,
    countIf(is_revenue) as revenue_lines,
    countIf(is_revenue and amount is null) as pending_lines,
    sumIf(ifNull(amount, 0), is_revenue) as known_revenue
  from facts
  group by source, day, campaign
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
from figures
