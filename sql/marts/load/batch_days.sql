-- Grain: one day that a batch touches. Reads: dds.nl_event, dds.ref_source.
-- Parameters: $1 marts id, $2 batch id. Runs in Postgres.
with batch_events as (
  select event.source, event.occurred_at
  from dds.mart_batch_load as batch
  inner join dds.nl_event as event using (load_id)
  where batch.marts_id = $1 and batch.batch_id = $2
),
days as (
  select distinct
    (batch_events.occurred_at
      at time zone coalesce(ref_source.time_zone, 'UTC'))::date as day
  from batch_events
  left join dds.ref_source using (source)
)
select day
from days
order by day
