-- Grain: one source that has loads, in the order in which a run asks them for a batch: the one whose batch
-- this run has taken already, then the one that was taken least recently. So one that fails again and again
-- goes last. Kind: query. Reads: dds.load_day, dds.mart_batch, dds.mart_turn, dds.ref_source. Parameters:
-- $1 marts, $2 run. Runs in Postgres.
with sources as (
  select source
  from dds.ref_source
  where exists (
    select from dds.load_day where load_day.source = ref_source.source
  )
  union
  select source from dds.mart_batch
  where marts_id = $1
    and (
      state = 'frozen'
      or (state = 'set_aside' and retry_asked_at is not null)
    )
)
select sources.source
from sources
left join dds.mart_turn as turn
  on turn.marts_id = $1 and turn.source = sources.source
order by
  turn.run_id is not distinct from $2 and exists (
    select from dds.mart_batch
    where marts_id = $1
      and source = sources.source
      and state = 'frozen'
  ) desc,
  turn.taken_at nulls first,
  sources.source
