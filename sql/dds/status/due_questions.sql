-- Grain: one question whose time to be asked has come. Kind: query.
-- Reads: dds.lookup_question, dds.h_location, dds.l_session_location.
-- Parameters: $1 kind, $2 how many.
--
-- The rates of a day that has not come yet are asked for when it has. Calls are few: the place that most sessions were held at goes first, then the oldest question.
with due as (
  select question, noted_at
  from dds.lookup_question
  where kind = $1
    and next_try_at <= clock_timestamp()
    and (
      $1 <> 'fx'
      or question
        <= to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD')
    )
),
visited as (
  select due.question, count(*) as count_sessions
  from due
  inner join dds.h_location as place on place.location_id = due.question
  inner join dds.l_session_location using (location_hk)
  where $1 = 'geo'
  group by due.question
)
select question
from due
left join visited using (question)
order by coalesce(visited.count_sessions, 0) desc, due.noted_at, question
limit $2
