-- title: Active users
-- description: New and returning users of each day, one on top of the other
-- group: Users and sessions
-- display: area
-- x: day
-- y: new_users, returning_users
select
  day,
  new_users,
  returning_users
from active_users_7d
where source = 'terrace'
  and day > (
    select max(day) - 90
    from active_users_7d
    where source = 'terrace'
  )
order by day
