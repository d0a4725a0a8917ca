-- Grain: day. Rows and a checksum over event keys, to hold against fct_event_in_marts.sql.
-- Reads: dds.nl_event, dds.ref_source. Parameters: $1 marts id, $2 days. Runs in Postgres.
with asked as (
  select unnest($2::date[]) as day
),
events as (
  select
    event.event_hk,
    (event.occurred_at
      at time zone coalesce(ref_source.time_zone, 'UTC'))::date as day
  from dds.nl_event as event
  left join dds.ref_source using (source)
  where event.occurred_at >= (
      select min(day)::timestamp at time zone 'UTC' - interval '1 day'
      from asked
    )
    and event.occurred_at < (
      select max(day)::timestamp at time zone 'UTC' + interval '2 days'
      from asked
    )
    and event.load_id in (
      select load_id from dds.mart_batch_load where marts_id = $1
    )
)
select
  day::text as day,
  count(*)::text as rows,
  sum(('x' || substr(event_hk::text, 1, 8))::bit(32)::bigint)::text as checksum
from events
where day in (select day from asked)
group by day
