-- title: Places
-- description: Sessions, orders and revenue of each city, last 30 days
-- group: Places and weather
-- display: table
-- x: city
-- y: sessions, views, orders, conversion, revenue
-- money: revenue
-- percent: conversion
with totals as (
  select
    country,
    city,
    sum(sessions) as sessions,
    sum(views) as views,
    sum(orders) as orders,
    sum(revenue) as revenue
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
  sessions,
  views,
  orders,
  orders / nullIf(sessions, 0) as conversion,
  revenue
from totals
order by revenue desc nulls last, sessions desc, country, city
