-- Grain: day. Rows and a checksum over event keys, to hold against fct_event_in_marts.sql.
-- Reads: dds.nl_event, dds.ref_source, dds.times_of. Runs in Postgres, in the transaction of the copy.
-- Settings: terrace.marts_id, terrace.days.
with asked as (
  select unnest(current_setting('terrace.days')::date[]) as day
),
events as (
  select
    event.event_hk,
    dds.day_of(event.occurred_at, ref_source.time_zone) as day
  from dds.nl_event as event
  left join dds.ref_source using (source)
  where event.occurred_at >= (
      select from_time
      from dds.times_of(current_setting('terrace.days')::date[])
    )
    and event.occurred_at < (
      select until_time
      from dds.times_of(current_setting('terrace.days')::date[])
    )
    and event.load_id in (
      select load_id
      from dds.mart_batch_load
      where marts_id = current_setting('terrace.marts_id')::uuid
    )
)
select
  day::text as day,
  count(*)::text as rows,
  sum(('x' || substr(event_hk::text, 1, 8))::bit(32)::bigint)::text as checksum
from events
where day in (select day from asked)
group by day
