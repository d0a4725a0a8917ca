-- Offending: places that stand twice on a day in one weather, or figures below nothing.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    city,
    weather,
    count() as rows,
    countIf(
      revenue < 0
      or abs(mean_temperature_c) > 100
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, city, weather
)
select
  source,
  day,
  city,
  weather,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day, city, weather
limit 100
