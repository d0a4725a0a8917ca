-- Grain: one event that a batch changes, on the days asked for. Kind: query, what a load of changes
-- asks for. Reads: dds.batch_events, dds.mart_batch_load, dds.nl_event, dds.ref_source. Runs in
-- Postgres. Settings: terrace.marts_id, terrace.source, terrace.batch_id,
-- terrace.days.
--
-- Only loads that a batch has listed: one that finishes now belongs to the next batch.
with dated as (
  select
    event.*,
    dds.day_of(event.occurred_at, ref_source.time_zone) as day
  from dds.batch_events(current_setting('terrace.batch_id')::bigint) as changed
  inner join dds.nl_event as event using (event_hk)
  inner join dds.mart_batch_load as listed
    on listed.marts_id = current_setting('terrace.marts_id')::uuid
    and listed.source = event.source
    and listed.load_id = event.load_id
  left join dds.ref_source on ref_source.source = event.source
)
select *
from dated
where source = current_setting('terrace.source')
  and day = any(current_setting('terrace.days')::date[])
