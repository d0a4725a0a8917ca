-- Offending: lines that stand twice, are revenue by no rule of a source, are worth
-- less than nothing, or have a rate and no converted amount. Runs in ClickHouse before the rows
-- are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with rules as (
  select
    source as ruled,
    countIf(is_revenue) = 0 or countIf(not is_revenue) = 0 as is_same
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source
),
offending as (
  select
    source,
    min(day) as first_day,
    order_id,
    line_no,
    count() as rows,
    countIf(
      (is_revenue <> (status = 'CLOSED') and not rules.is_same)
      or quantity < 0
      or unit_price < 0
      or amount < 0
      or amount_reporting < 0
      or (line_no = 0 or is_unpriced) <> (amount is null)
      or (line_no = 0 and is_unpriced)
      or (is_unpriced and sales_amount is not null)
      or (fx_rate is null) and (amount_reporting is not null)
      or (fx_rate is not null and amount is not null) and amount_reporting is null
      or abs(dateDiff('day', day, toDate(ordered_at))) > 1
    ) as contradictions
  from {staging:Identifier}
  inner join rules on rules.ruled = source
  where source = {source:String} and day in {days:Array(Date)}
  group by source, order_id, line_no
)
select
  source,
  first_day as day,
  order_id,
  line_no,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, order_id, line_no
limit 100
