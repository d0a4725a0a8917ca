-- title: session_analytics
-- layer: marts
-- reads: marts_fct_session
-- dag: dds_to_clickhouse
-- Rows of system.parts would count those that were deleted and not merged away.
select
  (select count() from marts.session_analytics) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'session_analytics' and active
