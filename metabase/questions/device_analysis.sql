-- title: Devices and systems
-- description: Sessions, orders and conversion, last 30 days
-- group: Users and sessions
-- display: table
-- x: device_type
-- y: sessions, views, orders, conversion, revenue
-- money: revenue
-- percent: conversion
with totals as (
  select
    device_type,
    os,
    sum(sessions) as sessions,
    sum(views) as views,
    sum(orders) as orders,
    sum(revenue) as revenue
  from device_analysis
  where source = 'terrace'
    and day > (
      select max(day) - 30
      from device_analysis
      where source = 'terrace'
    )
  group by device_type, os
)
select
  device_type,
  os,
  sessions,
  views,
  orders,
  orders / nullIf(sessions, 0) as conversion,
  revenue
from totals
order by sessions desc, device_type, os
