-- Offending: sessions that stand twice, end before they start, or did more than they have events.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    min(day) as first_day,
    session_id,
    count() as rows,
    countIf(
      ended_at < started_at
      or duration_seconds < 0
      or events = 0
      or views + carts + purchases > events
      or orders > events
      or abs(dateDiff('day', day, toDate(started_at))) > 1
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, session_id
)
select
  source,
  first_day as day,
  session_id,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, session_id
limit 100
