-- Offending: lines that stand twice, count as revenue without being of a closed order, are worth
-- less than nothing, or have a rate and no converted amount. Runs in ClickHouse before the rows
-- are published. Parameters: staging, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    min(day) as first_day,
    order_id,
    line_no,
    count() as rows,
    countIf(
      is_revenue <> (status = 'CLOSED')
      or quantity < 0
      or unit_price < 0
      or amount < 0
      or amount_reporting < 0
      or (line_no = 0) <> (amount is null)
      or (fx_rate is null) and (amount_reporting is not null)
      or (fx_rate is not null and amount is not null) and amount_reporting is null
      or abs(dateDiff('day', day, toDate(ordered_at))) > 1
    ) as contradictions
  from {staging:Identifier}
  where day in {days:Array(Date)}
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
