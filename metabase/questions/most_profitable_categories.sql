-- title: Most profitable categories
-- description: By revenue, as the shop sends no costs; all days
-- group: Products and categories
-- display: row
-- x: category
-- y: revenue
-- money: revenue
select
  category,
  sum(revenue) as revenue
from category_performance
where source = 'terrace'
group by category
having revenue > 0
order by revenue desc, category
limit 10
