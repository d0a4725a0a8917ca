-- Grain: one row. Setting terrace.unlisted, which dds.under_way() reads: the finished loads
-- that no batch has listed, as this transaction sees them. Kind: query. Reads: dds.load,
-- dds.mart_batch, dds.mart_batch_load, dds.mart_load_aside. Parameters: $1 marts. Runs in Postgres.
--
-- What finished long before the last batch was frozen is in a batch, or was set aside with one: years of
-- loads are not looked at.
with unlisted as (
  select load.load_id
  from dds.load
  left join dds.mart_batch_load as listed
    on listed.load_id = load.load_id and listed.marts_id = $1
  where load.finished_at > coalesce(
    (
      select frozen_at
      from dds.mart_batch
      where marts_id = $1
      order by batch_id desc
      limit 1
    ) - interval '1 day',
    '-infinity'
  )
    and listed.load_id is null
  union
  select load_id
  from dds.mart_load_aside
  where mart_load_aside.marts_id = $1
)
select set_config(
  'terrace.unlisted',
  coalesce(array_agg(load_id), '{}')::text,
  true
)
from unlisted
