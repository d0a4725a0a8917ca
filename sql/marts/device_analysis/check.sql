-- Offending: devices that stand twice on a day, or figures below nothing.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    device_type,
    os,
    count() as rows,
    countIf(
      revenue < 0
      or conversion < 0
      or (conversion is null) <> (sessions = 0)
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, device_type, os
)
select
  source,
  day,
  device_type,
  os,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day, device_type, os
limit 100
