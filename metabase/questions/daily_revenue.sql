-- title: Revenue by day
-- description: Closed orders by the day of the order, last 90 days
-- group: Revenue
-- display: area
-- x: day
-- y: revenue
-- money: revenue
select
  day,
  revenue
from daily_business_summary
where source = 'terrace'
  and day > (
    select max(day) - 90
    from daily_business_summary
    where source = 'terrace'
  )
order by day
