-- The bare limit of raw → dds, its first step: all of raw's JSON, parsed once. Kind: unlogged table.
-- Nothing is validated; a value that is not JSON ends it.
create unlogged table public.message as
with parsed as materialized (
  select raw.user_events.*, convert_from(value, 'UTF8')::jsonb as event
  from raw.user_events
),
opened as materialized (
  -- Materialised, or every use below would parse the bytes again.
  select parsed.*, event -> 'payload' as payload
  from parsed
)
select
  source,
  event ->> 'event_id' as event_id,
  event ->> 'type' as type,
  (event ->> 'occurred_at')::timestamptz as occurred_at,
  date_trunc('hour', (event ->> 'occurred_at')::timestamptz, 'UTC') as hour,
  payload,
  payload -> 'product' as product,
  payload ->> 'user_id' as user_id,
  payload ->> 'session_id' as session_id,
  coalesce(payload #>> '{product,product_id}', payload ->> 'product_id')
    as product_id,
  payload #>> '{product,category}' as category,
  payload ->> 'order_id' as order_id,
  payload ->> 'campaign_id' as campaign_id,
  coalesce(dds.hash_key(source, payload ->> 'user_id'), dds.ghost_key())
    as user_hk,
  coalesce(dds.hash_key(source, payload ->> 'session_id'), dds.ghost_key())
    as session_hk,
  coalesce(
    dds.hash_key(
      source,
      coalesce(payload #>> '{product,product_id}', payload ->> 'product_id')
    ),
    dds.ghost_key()
  ) as product_hk,
  dds.hash_key(source, payload #>> '{product,category}') as category_hk,
  coalesce(dds.hash_key(source, payload ->> 'order_id'), dds.ghost_key())
    as order_hk,
  coalesce(dds.hash_key(source, payload ->> 'campaign_id'), dds.ghost_key())
    as campaign_hk,
  case when event ->> 'type' = 'user_location' then
    dds.place((payload ->> 'lat')::numeric, (payload ->> 'lon')::numeric)
  end as location_id,
  md5(value)::uuid as payload_hash,
  log_id, topic, kafka_partition, kafka_offset
from opened
