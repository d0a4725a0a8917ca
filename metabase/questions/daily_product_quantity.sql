-- title: Products sold by source
-- description: The 20 of each shop with the most units in its last 30 days
-- group: Sources
-- display: table
-- x: product_id
-- y: units, sold_for
with latest as (
  select
    source,
    max(day) as last_day
  from daily_product_quantity
  group by source
)
select
  product_id,
  source,
  sum(quantity) as units,
  sum(sales) as sold_for,
  any(currency) as currency
from daily_product_quantity
inner join latest using (source)
where day > last_day - 30
group by source, product_id
order by source, units desc, product_id
limit 20 by source
