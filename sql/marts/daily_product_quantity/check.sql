-- Offending: products that stand twice on a day, or have a quantity or sales below nothing.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source, days.
-- Kind: check. Reads: the staged table.
with offending as (
  select
    source,
    day,
    product_id,
    count() as rows,
    countIf(quantity < 0 or sales < 0) as contradictions
  from {staging:Identifier}
  where source = {source:String} and day in {days:Array(Date)}
  group by source, day, product_id
)
select source, day, product_id, rows, contradictions
from offending
where rows > 1 or contradictions > 0
order by source, day, product_id
limit 100
