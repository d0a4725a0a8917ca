-- title: Revenue by month
-- description: Each month stands on its first day; the last may not be over
-- group: Revenue
-- display: bar
-- x: month
-- y: revenue
-- money: revenue
select
  toStartOfMonth(day) as month,
  sum(revenue) as revenue
from daily_business_summary
where source = 'terrace'
group by month
order by month
