-- Grain: one row. Setting terrace.unlisted, which dds.under_way() reads: load_dts of finished loads
-- that no batch has listed, as this transaction sees them. Kind: query. Reads: dds.load,
-- dds.mart_batch_load. Parameters: $1 marts. Runs in Postgres.
select set_config(
  'terrace.unlisted',
  coalesce(array_agg(load.staged_at), '{}')::text,
  true
)
from dds.load
left join dds.mart_batch_load as listed
  on listed.load_id = load.load_id and listed.marts_id = $1
where load.state = 'finished' and listed.load_id is null
