-- Offending: places that stand twice on a day or in ranks that are not 1, 2, 3 …, figures below
-- nothing, and places called upon that have no sessions.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with places as (
  select
    source,
    day,
    country,
    city,
    count() as rows,
    countIf(revenue < 0 or (needs_attention and sessions = 0))
      as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, country, city
),
ranks as (
  select source, day
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
  having uniqExact(revenue_rank) <> count()
    or min(revenue_rank) <> 1
    or max(revenue_rank) <> count()
),
offending as (
  select source, day, country, city, rows, contradictions
  from places
  where rows > 1 or contradictions > 0
  union all
  select source, day, '(ranks)', '(ranks)', 0, 0
  from ranks
)
select source, day, country, city, rows, contradictions
from offending
order by source, day, country, city
limit 100
