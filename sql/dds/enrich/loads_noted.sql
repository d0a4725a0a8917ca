-- Grain: one load. Kind: state change. Reads: dds.nl_event (how many events it has).
-- Parameters: $1 load ids.
with noted as (
  update dds.load
  set questions_noted_at = clock_timestamp()
  where load_id = any($1::bigint[])
)
select count(*) as count_events
from dds.nl_event
where load_id = any($1::bigint[])
