-- Grain: one line, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select source, order_id, product_id, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'order_item'
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    dds.hash_key(
      staged.source, staged.order_id,
      ((staged.payload ->> 'line_no')::int)::text, staged.product_id
    ) as order_product_hk,
    staged.occurred_at as applied_at,
    (staged.payload ->> 'quantity')::numeric(20, 4) as quantity,
    (staged.payload ->> 'unit_price')::numeric(20, 4) as unit_price,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    order_product_hk,
    applied_at,
    dds.hash_diff(
      trim_scale(quantity)::text, trim_scale(unit_price)::text
    ) as hash_diff,
    quantity,
    unit_price,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  group by order_product_hk, applied_at, quantity, unit_price
)
insert into dds.s_order_line (
  order_product_hk, applied_at, hash_diff, quantity, unit_price, load_dts,
  record_source
)
select
  order_product_hk, applied_at, hash_diff, quantity, unit_price, load_dts,
  record_source
from fingerprints
on conflict do nothing
