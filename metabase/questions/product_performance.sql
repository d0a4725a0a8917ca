-- title: Products
-- description: From view to revenue, the 50 best of the last 30 days
-- group: Products and categories
-- display: table
-- x: product_id
-- y: revenue, views, carts, orders, units
-- money: revenue
with totals as (
  select
    product_id,
    argMax(category, day) as category,
    sum(revenue) as revenue,
    sum(views) as views,
    sum(carts) as carts,
    sum(orders) as orders,
    sum(units) as units
  from product_performance
  where source = 'terrace'
    and day > (
      select max(day) - 30
      from product_performance
      where source = 'terrace'
    )
  group by product_id
)
select
  product_id,
  category,
  revenue,
  views,
  carts,
  orders,
  units
from totals
order by revenue desc nulls last, views desc, product_id
limit 50
