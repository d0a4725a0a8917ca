-- Offending: days that stand twice, or whose figures contradict each other.
select
  source,
  day,
  count() as rows,
  any(active_users_day) as first_active_users_day,
  any(active_users_7d) as first_active_users_7d
from marts.active_users_7d
group by source, day
having count() > 1
  or max(active_users_day > active_users_7d)
  or max(new_users + returning_users <> active_users_day)
limit 100
