-- title: session_analytics
-- layer: marts
-- reads: marts_fct_session
-- dag: dds_to_clickhouse
select
  sum(rows) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'session_analytics' and active
