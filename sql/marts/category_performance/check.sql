-- Offending: categories that stand twice on a day, with more viewers than views or figures below
-- nothing; days whose shares of revenue do not sum to 1.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with categories as (
  select
    source,
    day,
    category,
    count() as rows,
    countIf(viewers > views or revenue < 0 or units < 0) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, category
),
shares as (
  select source, day, sum(revenue_share) as share
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day
  having sum(revenue) > 0
),
offending as (
  select source, day, category, rows, contradictions, null as share
  from categories
  where rows > 1 or contradictions > 0
  union all
  select source, day, '(all)', 0, 0, share
  from shares
  where abs(ifNull(share, 0) - 1) > 1e-9
)
select source, day, category, rows, contradictions, share
from offending
order by source, day, category
limit 100
