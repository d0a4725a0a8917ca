-- Offending: days that stand twice, with more closed and cancelled orders than orders, more
-- customers than orders, or figures below nothing. Runs in ClickHouse before the rows are
-- published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    count() as rows,
    countIf(
      closed + cancelled > orders
      or customers > orders
      or revenue < 0
      or units < 0
      or conversion < 0
      or (conversion is null) <> (sessions = 0)
      or (average_order_value is null and revenue is not null) <> (closed = 0)
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
)
select
  source,
  day,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day
limit 100
