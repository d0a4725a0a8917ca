-- title: order-service_orders
-- layer: raw
-- reads: topic_order_service_orders
-- dag: order_stream
select
  coalesce(max(rows), 0) as rows,
  max(newest_at) as newest_at,
  coalesce(max(lag), 0) as lag,
  coalesce(max(quarantined), 0) as quarantined
from dds.topic_status
where topic = 'order-service_orders'
