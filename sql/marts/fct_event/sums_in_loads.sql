-- Grain: day. Events that the loads of all batches brought and a checksum over their keys, to hold
-- against sums_in_marts.sql. Kind: check. Reads: dds.load_day, dds.mart_batch_load. Runs in Postgres.
-- Parameters: $1 marts, $2 days, $3 source.
select
  load_day.day::text as day,
  sum(load_day.count_events)::text as rows,
  sum(load_day.checksum)::text as checksum
from dds.load_day
inner join dds.mart_batch_load as listed
  on listed.load_id = load_day.load_id
  and listed.source = load_day.source
  and listed.marts_id = $1
where load_day.day = any($2::date[]) and load_day.source = $3
group by load_day.day
having sum(load_day.count_events) > 0
