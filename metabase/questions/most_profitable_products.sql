-- title: Most profitable products
-- description: By revenue, as the shop sends no costs; last 30 days
-- group: Products and categories
-- display: row
-- x: product_id
-- y: revenue
-- money: revenue
select
  product_id,
  sum(revenue) as revenue
from product_performance
where source = 'terrace'
  and day > (
    select max(day) - 30
    from product_performance
    where source = 'terrace'
  )
group by product_id
having revenue > 0
order by revenue desc, product_id
limit 10
