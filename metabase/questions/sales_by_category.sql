-- title: Sales by category
-- description: Revenue of closed orders, last 30 days
-- group: Products and categories
-- display: pie
-- x: category
-- y: revenue
-- money: revenue
select
  category,
  sum(revenue) as revenue
from category_performance
where source = 'terrace'
  and day > (
    select max(day) - 30
    from category_performance
    where source = 'terrace'
  )
group by category
having revenue > 0
order by revenue desc, category
