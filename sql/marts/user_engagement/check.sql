-- Offending: users that stand twice on a day, did more than they have events, or figures below
-- nothing. Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    user_id,
    count() as rows,
    countIf(
      views + carts + purchases > events
      or active_seconds < 0
      or revenue < 0
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, user_id
)
select
  source,
  day,
  user_id,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day, user_id
limit 100
