-- Grain: one finished load that waits for the marts of a source, with its events of that source, small
-- ones first: what arrives minute by minute does not wait for a backlog, whose loads are large. Kind: query.
-- Reads: dds.loads_of, dds.mart_batch, dds.mart_batch_load, dds.mart_load_aside.
-- Parameters: $1 marts, $2 source, $3 events of a load that is large. Runs in Postgres.
with last_batch as (
  select frozen_at, waiting_since
  from dds.mart_batch
  where marts_id = $1 and source = $2
  order by batch_id desc
  limit 1
),
brought as (
  select load_id, finished_at, count_events
  from dds.loads_of(
    $2,
    coalesce(
      (
        select least(frozen_at - interval '1 day', waiting_since)
        from last_batch
      ),
      '-infinity'
    )
  )
)
select
  brought.load_id,
  brought.count_events,
  brought.finished_at::text as finished_at
from brought
left join dds.mart_batch_load as listed
  on listed.load_id = brought.load_id
  and listed.marts_id = $1
  and listed.source = $2
left join dds.mart_load_aside as aside
  on aside.load_id = brought.load_id
  and aside.marts_id = $1
  and aside.source = $2
where listed.load_id is null and aside.load_id is null
order by brought.count_events > $3, brought.load_id
