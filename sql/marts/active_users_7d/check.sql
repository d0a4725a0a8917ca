-- Offending: days that stand twice, or whose figures contradict each other.
-- Runs in ClickHouse before the rows are published. Parameters: staging, source.
-- Kind: check. Reads: the staged table.
select
  source,
  day,
  count() as rows,
  any(active_users_day) as first_active_users_day,
  any(active_users_7d) as first_active_users_7d
from {staging:Identifier}
where source = {source:String}
group by source, day
having count() > 1
  or max(active_users_day > active_users_7d)
  or max(new_users + returning_users <> active_users_day)
order by source, day
limit 100
