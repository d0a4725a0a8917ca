-- title: weather_impact
-- layer: marts
-- reads: marts_fct_event, marts_fct_session, marts_fct_order_line
-- dag: dds_to_clickhouse
-- Rows of system.parts would count those that were deleted and not merged away.
select
  (select count() from marts.weather_impact) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'weather_impact' and active
