-- title: Devices
-- description: Sessions on each kind of device, last 30 days
-- group: Users and sessions
-- display: pie
-- x: device_type
-- y: sessions
select
  device_type,
  sum(sessions) as sessions
from device_analysis
where source = 'terrace'
  and day > (
    select max(day) - 30
    from device_analysis
    where source = 'terrace'
  )
group by device_type
order by sessions desc, device_type
