-- Offending: products that stand twice on a day, with more viewers than views, or figures below
-- nothing. Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    product_id,
    count() as rows,
    countIf(
      viewers > views
      or revenue < 0
      or units < 0
      or (units > 0 and orders = 0)
    ) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, product_id
)
select
  source,
  day,
  product_id,
  rows,
  contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day, product_id
limit 100
