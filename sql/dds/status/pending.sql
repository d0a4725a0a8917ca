-- Grain: one kind of questions that are pending. Kind: query.
-- Reads: dds.lookup_question.
select
  kind,
  count(*)::int as pending,
  (count(*) filter (where next_try_at > clock_timestamp()))::int as postponed,
  floor(extract(epoch from clock_timestamp() - min(noted_at)))::int
    as oldest_seconds,
  (array_agg(last_problem order by next_try_at desc)
    filter (where last_problem is not null))[1] as last_problem
from dds.lookup_question
group by kind
order by kind
