-- title: fct_session
-- layer: marts
-- reads: dds_events, dds_links, dds_satellites
-- dag: dds_to_clickhouse
select
  sum(rows) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'fct_session' and active
