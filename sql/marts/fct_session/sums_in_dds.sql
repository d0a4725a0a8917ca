-- Grain: day. Sessions that are asked for and their events, to hold against
-- sums_in_marts.sql. Kind: check. Reads: asked, dds.mart_batch_load, dds.nl_event, dds.ref_source. Runs in
-- Postgres, in the transaction of the copy. Settings: terrace.marts_id, terrace.source,
-- terrace.days.
with sessions as (
  select
    dds.day_of(min(event.occurred_at), min(ref_source.time_zone)) as day,
    count(*) as events
  from asked
  inner join dds.nl_event as event
    on event.session_hk = asked.session_hk
    and event.session_hk <> dds.ghost_key()
  left join dds.ref_source using (source)
  where event.load_id in (
    select load_id
    from dds.mart_batch_load
    where marts_id = current_setting('terrace.marts_id')::uuid
      and source = current_setting('terrace.source')
  )
  group by event.session_hk
)
select
  day::text as day,
  count(*)::text as rows,
  sum(events)::text as checksum
from sessions
where day = any(current_setting('terrace.days')::date[])
group by day
