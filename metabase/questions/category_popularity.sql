-- title: Popularity of categories
-- description: What people look at, want and buy; last 30 days
-- group: Products and categories
-- display: bar
-- x: category
-- y: views, carts, units
select
  category,
  sum(views) as views,
  sum(carts) as carts,
  sum(units) as units
from category_performance
where source = 'terrace'
  and day > (
    select max(day) - 30
    from category_performance
    where source = 'terrace'
  )
group by category
order by views desc, category
limit 15
