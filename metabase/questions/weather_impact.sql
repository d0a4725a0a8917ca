-- title: Weather
-- description: Visits, orders and revenue in each weather, last 90 days
-- group: Places and weather
-- display: table
-- x: weather
-- y: sessions, views, orders, conversion, revenue, mean_temperature_c
-- money: revenue
-- percent: conversion
with totals as (
  select
    weather,
    sum(sessions) as sessions,
    sum(views) as views,
    sum(orders) as orders,
    sum(revenue) as revenue,
    avg(mean_temperature_c) as mean_temperature_c
  from weather_impact
  where source = 'terrace'
    and day > (select max(day) - 90 from weather_impact)
  group by weather
)
select
  weather,
  sessions,
  views,
  orders,
  orders / nullIf(sessions, 0) as conversion,
  revenue,
  mean_temperature_c
from totals
order by sessions desc, weather
