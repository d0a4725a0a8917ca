-- Grain: one event of the days asked for. Kind: query, what a load of whole days asks for. Reads:
-- dds.mart_batch_load, dds.nl_event, dds.ref_source, dds.times_of. Runs in Postgres. Settings:
-- terrace.marts_id, terrace.source, terrace.days.
--
-- Only loads that a batch has listed: one that finishes now belongs to the next batch.
with span as (
  select from_time, until_time
  from dds.times_of(current_setting('terrace.days')::date[])
),
dated as (
  select
    event.*,
    dds.day_of(event.occurred_at, ref_source.time_zone) as day
  from dds.nl_event as event
  left join dds.ref_source using (source)
  where event.source = current_setting('terrace.source')
    and event.occurred_at >= (select from_time from span)
    and event.occurred_at < (select until_time from span)
    and event.load_id in (
      select load_id
      from dds.mart_batch_load
      where marts_id = current_setting('terrace.marts_id')::uuid
        and source = current_setting('terrace.source')
    )
)
select *
from dated
where day = any(current_setting('terrace.days')::date[])
