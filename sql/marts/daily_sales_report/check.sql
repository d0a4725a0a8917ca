-- Offending: days that stand twice, have no order, or sales below nothing.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    count() as rows,
    countIf(orders = 0 or sales < 0) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
)
select source, day, rows, contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day
limit 100
