-- Offending: days on which a total of the mart is not that of the facts. Kind: check. Reads:
-- marts.campaign_performance, marts.fct_event, marts.fct_order_line. Parameters: source, days. Runs in
-- ClickHouse when all tables of a batch are published.
--
-- Not compared: click_rate, cost_per_click and return_on_spend, which are ratios.
-- Amounts that are null count as nothing on both sides.
with totals as (
  select
    source, day, 'facts' as side,
    arrayJoin([
      ('impressions', toDecimal128(countIf(action = 'impression'), 6)),
      ('clicks', toDecimal128(countIf(action = 'click'), 6)),
      ('cost', toDecimal128(sum(ifNull(cost_reporting, 0)), 6)),
      ('pending_costs', toDecimal128(countIf(cost is not null and cost_reporting is null), 6))
    ]) as figure
  from marts.fct_event
  where source = {source:String} and day in {days:Array(Date)}
    and event_type = 'campaign_event'
    and campaign_id is not null
  group by source, day
  union all
  select
    source, day, 'facts',
    arrayJoin([
      ('orders', toDecimal128(uniqExact(order_id), 6)),
      ('revenue', toDecimal128(sumIf(ifNull(amount_reporting, 0), is_revenue), 6)),
      ('pending_lines', toDecimal128(countIf(is_revenue and amount_reporting is null), 6))
    ])
  from marts.fct_order_line
  where source = {source:String} and day in {days:Array(Date)}
    and campaign_id is not null
  group by source, day
  union all
  select
    source, day, 'mart',
    arrayJoin([
      ('impressions', toDecimal128(sum(impressions), 6)),
      ('clicks', toDecimal128(sum(clicks), 6)),
      ('cost', toDecimal128(sum(ifNull(cost, 0)), 6)),
      ('pending_costs', toDecimal128(sum(pending_costs), 6)),
      ('orders', toDecimal128(sum(orders), 6)),
      ('revenue', toDecimal128(sum(ifNull(revenue, 0)), 6)),
      ('pending_lines', toDecimal128(sum(pending_lines), 6))
    ])
  from marts.campaign_performance
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
)
select
  figure.1 as measure,
  source,
  toString(day) as on_day,
  sumIf(figure.2, side = 'facts') as facts,
  sumIf(figure.2, side = 'mart') as mart
from totals
group by measure, source, day
having facts <> mart
order by measure, source, day
limit 100
