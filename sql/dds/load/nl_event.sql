-- Grain: one accepted event. Kind: non-historised link, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
insert into dds.nl_event (
  event_hk, source, event_id, event_type, occurred_at, user_hk, session_hk,
  product_hk, order_hk, campaign_hk, platform, quantity, unit_price, currency,
  action, cost, weather, temperature_c, payload_hash, load_id, log_id, topic,
  kafka_partition, kafka_offset, load_dts, record_source
)
select
  staged.event_hk,
  staged.source,
  staged.event_id,
  staged.event_type,
  staged.occurred_at,
  staged.user_hk,
  staged.session_hk,
  staged.product_hk,
  staged.order_hk,
  staged.campaign_hk,
  staged.platform,
  staged.quantity,
  staged.unit_price,
  staged.currency,
  staged.action,
  staged.cost,
  staged.weather,
  staged.temperature_c,
  staged.payload_hash,
  load_id,
  staged.log_id,
  staged.topic,
  staged.kafka_partition,
  staged.kafka_offset,
  load.staged_at as load_dts,
  staged.source || '.' || staged.topic as record_source
from dds.stage_event as staged
inner join dds.load using (load_id)
where load_id = any($1::bigint[])
on conflict do nothing
