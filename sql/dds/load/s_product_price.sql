-- Grain: one product, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- Products are only seen, in views and carts: applied_at is the hour of the sighting. Every sighting
-- would be a row for each view; only changes would depend on the order in which rows arrive.
with staged as (
  select source, product_id, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and product_id is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    dds.hash_key(staged.source, staged.product_id) as product_hk,
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
  where price is not null
  group by product_hk, applied_at, price, currency
)
insert into dds.s_product_price (
  product_hk, applied_at, hash_diff, price, currency, load_dts, record_source
)
select
  product_hk, applied_at, hash_diff, price, currency, load_dts, record_source
from fingerprints
on conflict do nothing
