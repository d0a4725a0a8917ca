-- title: fct_session
-- layer: marts
-- reads: dds_events, dds_links, dds_satellites
-- dag: dds_to_clickhouse
-- Rows of system.parts would count those that were deleted and not merged away.
select
  (select count() from marts.fct_session) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'fct_session' and active
