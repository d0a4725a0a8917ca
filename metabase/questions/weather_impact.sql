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
    sum(revenue) as revenue
  from weather_impact
  where source = 'terrace'
    and day > (
      select max(day) - 90
      from weather_impact
      where source = 'terrace'
    )
  group by weather
),
temperatures as (
  select
    weather,
    avg(temperature_c) as mean_temperature_c
  from fct_event
  where source = 'terrace'
    and (session_id is not null or event_type = 'view')
    and day > (
      select max(day) - 90
      from weather_impact
      where source = 'terrace'
    )
  group by weather
)
select
  totals.weather as weather,
  totals.sessions as sessions,
  totals.views as views,
  totals.orders as orders,
  totals.orders / nullIf(totals.sessions, 0) as conversion,
  totals.revenue as revenue,
  temperatures.mean_temperature_c as mean_temperature_c
from totals
left join temperatures on temperatures.weather = totals.weather
order by sessions desc, weather
