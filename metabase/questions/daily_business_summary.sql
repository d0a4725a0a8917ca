-- title: The shop day by day
-- description: Orders, customers and revenue of the last 30 days
-- group: Revenue
-- display: table
-- x: day
-- y: revenue, orders, customers, new_users, sessions, conversion
-- money: revenue, average_order_value
-- percent: conversion
select
  day,
  revenue,
  orders,
  closed,
  cancelled,
  average_order_value,
  customers,
  new_users,
  sessions,
  views,
  conversion
from daily_business_summary
where source = 'terrace'
  and day > (
    select max(day) - 30
    from daily_business_summary
    where source = 'terrace'
  )
order by day desc
