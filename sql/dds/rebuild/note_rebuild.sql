-- Grain: one load that stands for the rebuild, with every day there ever was: the marts reload them
-- all, with a batch that was frozen before as well. Kind: insert-only. Reads: dds_next.load_day,
-- dds.mart_batch. Parameters: $1 rule version.
with rebuild as (
  insert into dds_next.load (
    log_id, topic, ranges, state, rule_version, count_raw, count_staged,
    count_duplicates, count_quarantined, finished_at
  )
  values (
    'rebuild', 'dds', '[]', 'finished', $1, 0, 0, 0, 0, clock_timestamp()
  )
  returning load_id
),
days as (
  select distinct source, day
  from dds_next.load_day
),
widening as (
  insert into dds.mart_batch_day (batch_id, source, day, is_whole)
  select mart_batch.batch_id, days.source, days.day, true
  from dds.mart_batch
  inner join days using (source)
  where mart_batch.state = 'frozen'
  on conflict (batch_id, source, day) do update
  set is_whole = true
)
insert into dds_next.load_day (load_id, source, day)
select rebuild.load_id, days.source, days.day
from days
cross join rebuild
