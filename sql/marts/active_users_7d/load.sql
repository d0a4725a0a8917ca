-- title: Active users per day and in seven days
-- kind: mart
-- grain: source, day
-- reads: marts.user_engagement, marts.fct_event
-- source: terrace
-- replaces: all
--
-- A user is active on a day with any event of his, and new on the day of his first event ever: a
-- late event may change every later day, so no range of days can be computed alone.
with user_days as (
  select source, day, user_id
  from marts.user_engagement
  where source = {source:String} and events > 0
),
first_days as (
  select source, user_id, min(day) as first_day
  from user_days
  group by source, user_id
),
calendar as (
  select
    source,
    arrayJoin(
      arrayMap(
        n -> toDate(min_day + n),
        range(toUInt32(dateDiff('day', min_day, max_day)) + 1)
      )
    ) as day
  from (
    select source, min(day) as min_day, max(day) as max_day
    from marts.fct_event
    where source = {source:String}
    group by source
  )
),
new_daily as (
  select source, first_day as day, count() as new_users
  from first_days
  group by source, day
),
daily as (
  select source, day, count() as active_users
  from user_days
  group by source, day
),
weekly as (
  select
    source,
    arrayJoin(arrayMap(n -> toDate(day + n), range(7))) as day,
    uniqExact(user_id) as active_users
  from user_days
  group by source, day
),
counted as (
  select
    calendar.source as source,
    calendar.day as day,
    daily.active_users as active_users_day,
    weekly.active_users as active_users_7d,
    new_daily.new_users as new_users
  from calendar
  left join daily
    on daily.source = calendar.source and daily.day = calendar.day
  left join weekly
    on weekly.source = calendar.source and weekly.day = calendar.day
  left join new_daily
    on new_daily.source = calendar.source and new_daily.day = calendar.day
)
select
  source,
  day,
  active_users_day,
  active_users_7d,
  new_users,
  active_users_day - new_users as returning_users,
  if(active_users_7d = 0, null, active_users_day / active_users_7d)
    as stickiness,
  now64(3, 'UTC') as computed_at
from counted
settings join_use_nulls = 0
