-- Grain: day. Sessions and their events, to hold against fct_session_in_marts.sql.
-- Reads: dds.nl_event, dds.ref_source, dds.times_of. Runs in Postgres, in the transaction of the copy.
-- Settings: terrace.marts_id, terrace.days.
with asked as (
  select unnest(current_setting('terrace.days')::date[]) as day
),
held as (
  select distinct session_hk
  from dds.nl_event
  where occurred_at >= (
      select from_time
      from dds.times_of(current_setting('terrace.days')::date[])
    )
    and occurred_at < (
      select until_time
      from dds.times_of(current_setting('terrace.days')::date[])
    )
),
sessions as (
  select
    dds.day_of(min(event.occurred_at), min(ref_source.time_zone)) as day,
    count(*) as events
  from dds.nl_event as event
  inner join held using (session_hk)
  left join dds.ref_source using (source)
  where event.session_hk <> dds.ghost_key()
    and event.load_id in (
      select load_id
      from dds.mart_batch_load
      where marts_id = current_setting('terrace.marts_id')::uuid
    )
  group by event.session_hk
)
select
  day::text as day,
  count(*)::text as rows,
  sum(events)::text as checksum
from sessions
where day in (select day from asked)
group by day
