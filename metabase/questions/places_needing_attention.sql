-- title: Places needing attention
-- description: Many visits and few orders: days like that of the last 30
-- group: Places and weather
-- display: table
-- x: city
-- y: days, sessions, orders, conversion
-- percent: conversion
with totals as (
  select
    country,
    city,
    countIf(needs_attention) as days,
    sum(sessions) as sessions,
    sum(orders) as orders
  from geo_analysis
  where source = 'terrace'
    and day > (
      select max(day) - 30
      from geo_analysis
      where source = 'terrace'
    )
  group by country, city
)
select
  city,
  country,
  days,
  sessions,
  orders,
  orders / nullIf(sessions, 0) as conversion
from totals
where days > 0
order by days desc, sessions desc, country, city
limit 20
