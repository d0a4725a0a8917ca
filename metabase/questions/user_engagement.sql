-- title: Engagement of users
-- description: What an active user does in a day, last 90 days
-- group: Users and sessions
-- display: line
-- x: day
-- y: views_per_user, carts_per_user, active_minutes_per_user
select
  day,
  sum(views) / nullIf(countIf(events > 0), 0) as views_per_user,
  sum(carts) / nullIf(countIf(events > 0), 0) as carts_per_user,
  toFloat64(sum(active_seconds)) / 60 / nullIf(countIf(events > 0), 0)
    as active_minutes_per_user
from user_engagement
where source = 'terrace'
  and day > (
    select max(day) - 90
    from user_engagement
    where source = 'terrace'
  )
group by day
order by day
