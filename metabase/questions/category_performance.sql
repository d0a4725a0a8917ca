-- title: Categories
-- description: From view to revenue and its share, last 30 days
-- group: Products and categories
-- display: table
-- x: category
-- y: revenue, revenue_share, views, carts, orders, units
-- money: revenue
-- percent: revenue_share
with totals as (
  select
    category,
    sum(revenue) as revenue,
    sum(views) as views,
    sum(carts) as carts,
    sum(orders) as orders,
    sum(units) as units
  from category_performance
  where source = 'terrace'
    and day > (
      select max(day) - 30
      from category_performance
      where source = 'terrace'
    )
  group by category
),
whole as (
  select
    toFloat64(sum(revenue)) as revenue
  from totals
)
select
  totals.category as category,
  totals.revenue as revenue,
  toFloat64(totals.revenue) / nullIf(whole.revenue, 0) as revenue_share,
  totals.views as views,
  totals.carts as carts,
  totals.orders as orders,
  totals.units as units
from totals
cross join whole
order by revenue desc nulls last, category
