-- title: Sessions by device
-- description: All, bounces, and those with an order; last 30 days
-- group: Users and sessions
-- display: bar
-- x: device_type
-- y: sessions, bounces, sessions_with_order
select
  device_type,
  sum(sessions) as sessions,
  sum(bounces) as bounces,
  sum(sessions_with_order) as sessions_with_order
from session_analytics
where source = 'terrace'
  and day > (
    select max(day) - 30
    from session_analytics
    where source = 'terrace'
  )
group by device_type
order by sessions desc, device_type
