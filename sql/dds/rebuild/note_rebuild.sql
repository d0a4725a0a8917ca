-- Grain: one load that stands for the rebuild, with every day there ever was: the marts reload them
-- all. Kind: insert-only. Reads: dds_next.load_day. Parameters: $1 rule version.
with rebuild as (
  insert into dds_next.load (
    log_id, topic, ranges, state, rule_version, count_raw, count_staged,
    count_duplicates, count_quarantined, finished_at
  )
  values (
    'rebuild', 'dds', '[]', 'finished', $1, 0, 0, 0, 0, clock_timestamp()
  )
  returning load_id
)
insert into dds_next.load_day (load_id, source, day)
select distinct rebuild.load_id, load_day.source, load_day.day
from dds_next.load_day
cross join rebuild
