-- title: Revenue by week
-- description: Weeks begin on Monday; the last one may not be over
-- group: Revenue
-- display: bar
-- x: week
-- y: revenue
-- money: revenue
select
  toMonday(day) as week,
  sum(revenue) as revenue
from daily_business_summary
where source = 'terrace'
group by week
order by week
