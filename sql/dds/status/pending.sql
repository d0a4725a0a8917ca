-- Grain: one kind of questions that are pending. Kind: query.
-- Reads: dds.lookup_question.
select
  kind,
  count(*)::int as pending,
  (count(*) filter (where next_try_at > clock_timestamp()))::int as postponed,
  to_char(
    min(noted_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'
  ) as oldest_at,
  (array_agg(last_problem order by next_try_at desc)
    filter (where last_problem is not null))[1] as last_problem
from dds.lookup_question
group by kind
order by kind
