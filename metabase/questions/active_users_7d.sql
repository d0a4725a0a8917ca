-- title: Active users in a day and in seven
-- description: Users with any event, last 90 days
-- group: Users and sessions
-- display: line
-- x: day
-- y: active_users_day, active_users_7d
select
  day,
  active_users_day,
  active_users_7d
from active_users_7d
where source = 'terrace'
  and day > (
    select max(day) - 90
    from active_users_7d
    where source = 'terrace'
  )
order by day
