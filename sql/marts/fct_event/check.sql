-- Offending: events that stand twice, far from their day, or with negative figures.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    day,
    event_hk,
    count() as rows,
    countIf(
      abs(dateDiff('day', day, toDate(occurred_at))) > 1
      or quantity < 0
      or unit_price < 0
      or cost < 0
      or cost_reporting < 0
      or (cost_reporting is not null and cost is null)
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by day, event_hk
)
select
  day,
  event_hk,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by day, event_hk
limit 100
