-- Offending: devices that stand twice on a day, with more bounces or buyers than sessions, or
-- quantiles out of order. Runs in ClickHouse before the rows are published. Parameters: staging,
-- source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    device_type,
    count() as rows,
    countIf(
      sessions = 0
      or bounces > sessions
      or sessions_with_order > sessions
      or mean_duration_seconds < 0
      or median_duration_seconds > p95_duration_seconds
      or events_per_session < 1
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, device_type
)
select
  source,
  day,
  device_type,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day, device_type
limit 100
