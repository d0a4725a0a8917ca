-- Grain: source, day: every day from the first event of the source to its last.
-- Kind: mart, replaced as a whole. Reads: marts.fct_event. Runs in ClickHouse.
--
-- A user is active on a day with any event of his, and new on the day of his first event ever.
with user_days as (
  select distinct source, day, user_id
  from marts.fct_event
  where user_id is not null
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
    group by source
  )
),
daily as (
  select
    user_days.source as source,
    user_days.day as day,
    count() as active_users,
    countIf(first_days.first_day = user_days.day) as new_users
  from user_days
  inner join first_days
    on first_days.source = user_days.source
    and first_days.user_id = user_days.user_id
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
    daily.new_users as new_users
  from calendar
  left join daily
    on daily.source = calendar.source and daily.day = calendar.day
  left join weekly
    on weekly.source = calendar.source and weekly.day = calendar.day
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
