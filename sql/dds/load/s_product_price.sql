-- Grain: one product, one hour, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- applied_at is the hour of the sighting: see s_product_names.
with staged as (
  select product_hk, source, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and event_type in ('view', 'cart', 'purchase')
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    staged.product_hk,
    date_trunc('hour', staged.occurred_at at time zone 'UTC')
      at time zone 'UTC' as applied_at,
    (staged.payload #>> '{product,price}')::numeric(20, 4) as price,
    staged.payload #>> '{product,currency}' as currency,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    product_hk,
    applied_at,
    dds.hash_diff(trim_scale(price)::text, currency) as hash_diff,
    price, currency,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  group by product_hk, applied_at, price, currency
)
insert into dds.s_product_price (
  product_hk, applied_at, hash_diff, price, currency,
  load_dts, record_source
)
select
  product_hk, applied_at, hash_diff, price, currency,
  load_dts, record_source
from fingerprints
on conflict do nothing
