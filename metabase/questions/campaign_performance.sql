-- title: Campaigns
-- description: What they cost and what they brought, last 30 days
-- group: Campaigns
-- display: table
-- x: campaign_id
-- y: cost, revenue, return_on_spend, impressions, clicks, click_rate, orders
-- money: cost, revenue
-- percent: click_rate
with totals as (
  select
    campaign_id,
    sum(cost) as cost,
    sum(revenue) as revenue,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(orders) as orders
  from campaign_performance
  where source = 'terrace'
    and day > (
      select max(day) - 30
      from campaign_performance
      where source = 'terrace'
    )
  group by campaign_id
)
select
  campaign_id,
  cost,
  revenue,
  toFloat64(revenue) / nullIf(toFloat64(cost), 0) as return_on_spend,
  impressions,
  clicks,
  clicks / nullIf(impressions, 0) as click_rate,
  orders
from totals
order by revenue desc nulls last, campaign_id
