-- title: order-service_orders
-- layer: topic
-- topic: order-service_orders
-- How far raw has landed each partition.
select
  kafka_partition as partition,
  next_offset
from raw.kafka_offsets
where topic = 'order-service_orders'
