-- title: user_events
-- layer: raw
-- reads: topic_user_events
-- dag: kafka_to_raw
select
  coalesce(max(rows), 0) as rows,
  max(newest_at) as newest_at,
  coalesce(max(lag), 0) as lag,
  coalesce(max(quarantined), 0) as quarantined
from dds.topic_status
where topic = 'user_events'
