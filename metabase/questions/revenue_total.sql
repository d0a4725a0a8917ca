-- title: Revenue in total
-- description: Closed orders of all days, in the reporting currency
-- group: Revenue
-- display: number
-- y: revenue
-- money: revenue
select
  sum(revenue) as revenue
from daily_business_summary
where source = 'terrace'
