-- Grain: one accepted event. Kind: non-historised link, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select
    event_hk, source, event_id, event_type, occurred_at, user_id, session_id,
    product_id, platform, payload, payload_hash, load_id, log_id, topic,
    kafka_partition, kafka_offset
  from dds.stage_event
  where load_id = any($1::bigint[])
),
loads as (
  select load_id, staged_at
  from dds.load
),
events as (
  select
    staged.event_hk,
    staged.source,
    staged.event_id,
    staged.event_type,
    staged.occurred_at,
    coalesce(dds.hash_key(staged.source, staged.user_id), dds.ghost_key())
      as user_hk,
    coalesce(dds.hash_key(staged.source, staged.session_id), dds.ghost_key())
      as session_hk,
    coalesce(dds.hash_key(staged.source, staged.product_id), dds.ghost_key())
      as product_hk,
    staged.platform,
    (staged.payload ->> 'quantity')::numeric(20, 4) as quantity,
    (staged.payload #>> '{product,price}')::numeric(20, 4) as unit_price,
    staged.payload #>> '{product,currency}' as currency,
    staged.payload_hash,
    staged.load_id,
    staged.log_id,
    staged.topic,
    staged.kafka_partition,
    staged.kafka_offset,
    loads.staged_at as load_dts,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
)
insert into dds.nl_event (
  event_hk, source, event_id, event_type, occurred_at, user_hk, session_hk,
  product_hk, platform, quantity, unit_price, currency, payload_hash, load_id,
  log_id, topic, kafka_partition, kafka_offset, load_dts, record_source
)
select
  event_hk, source, event_id, event_type, occurred_at, user_hk, session_hk,
  product_hk, platform, quantity, unit_price, currency, payload_hash, load_id,
  log_id, topic, kafka_partition, kafka_offset, load_dts, record_source
from events
on conflict do nothing
