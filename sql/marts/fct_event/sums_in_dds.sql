-- Grain: day. Events that are asked for and a checksum over their keys, to hold against
-- sums_in_marts.sql. Kind: check. Reads: asked. Runs in Postgres, in the transaction of the copy.
select
  day::text as day,
  count(*)::text as rows,
  sum(dds.event_number(event_hk))::text as checksum
from asked
group by day
