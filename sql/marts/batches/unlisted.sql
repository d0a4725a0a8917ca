-- Grain: one row. Setting terrace.unlisted, which dds.under_way() reads: the finished loads of a source
-- that no batch of it has listed, as this transaction sees them. Kind: query. Reads: dds.loads_of,
-- dds.mart_batch, dds.mart_batch_load, dds.mart_load_aside. Parameters: $1 marts,
-- $2 source. Runs in Postgres.
--
-- What finished long before the last batch was frozen is in a batch, was set aside with one, or waits since a
-- time that the batch knows: years of loads are not looked at.
with last_batch as (
  select frozen_at, waiting_since
  from dds.mart_batch
  where marts_id = $1 and source = $2
  order by batch_id desc
  limit 1
),
unlisted as (
  select finished.load_id
  from dds.loads_of(
    $2,
    coalesce(
      (
        select least(frozen_at - interval '1 day', waiting_since)
        from last_batch
      ),
      '-infinity'
    )
  ) as finished
  left join dds.mart_batch_load as listed
    on listed.load_id = finished.load_id
    and listed.marts_id = $1
    and listed.source = $2
  where listed.load_id is null
  union
  select load_id
  from dds.mart_load_aside
  where marts_id = $1 and source = $2
)
select set_config(
  'terrace.unlisted',
  coalesce(array_agg(load_id), '{}')::text,
  true
)
from unlisted
