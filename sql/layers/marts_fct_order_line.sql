-- title: fct_order_line
-- layer: marts
-- reads: dds_links, dds_satellites
-- dag: dds_to_clickhouse
-- Rows of system.parts would count those that were deleted and not merged away.
select
  (select count() from marts.fct_order_line) as rows,
  max(modification_time) as newest_at
from system.parts
where database = 'marts' and table = 'fct_order_line' and active
