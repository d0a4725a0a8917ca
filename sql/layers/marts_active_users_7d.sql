-- title: active_users_7d
-- layer: marts
-- reads: marts_fct_event, marts_user_engagement
-- dag: dds_to_clickhouse
-- Rows of system.parts would count those that were deleted and not merged away.
select
  (select count() from marts.active_users_7d) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'active_users_7d' and active
