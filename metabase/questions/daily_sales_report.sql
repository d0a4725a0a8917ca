-- title: Orders and sales by source
-- description: Last 30 days of each shop, in the currency of its marts
-- group: Sources
-- display: table
-- x: day
-- y: orders, sales
with latest as (
  select
    source,
    max(day) as last_day
  from daily_sales_report
  group by source
)
select
  day,
  source,
  orders,
  sales,
  currency,
  pending_lines,
  unpriced_lines
from daily_sales_report
inner join latest using (source)
where day > last_day - 30
order by day desc, source
