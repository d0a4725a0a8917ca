-- title: daily_business_summary
-- layer: marts
-- reads: marts_fct_event, marts_fct_session, marts_fct_order_line
-- dag: dds_to_clickhouse
-- Rows of system.parts would count those that were deleted and not merged away.
select
  (select count() from marts.daily_business_summary) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'daily_business_summary' and active
