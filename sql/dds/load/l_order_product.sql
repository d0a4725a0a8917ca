-- Grain: one line of one order with its product. Kind: link, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- The number of the line is part of the key: an order may repeat a product. A line whose order has
-- not arrived points to the hub row that its order_id alone makes.
with staged as (
  select
    order_hk, product_hk, source, order_id, product_id, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'order_item'
),
loads as (
  select load_id, staged_at
  from dds.load
),
numbered as (
  select
    order_hk,
    product_hk,
    source,
    order_id,
    product_id,
    (payload ->> 'line_no')::int as line_no,
    topic,
    load_id
  from staged
),
lines as (
  select
    dds.hash_key(
      numbered.source, numbered.order_id, numbered.line_no::text,
      numbered.product_id
    ) as order_product_hk,
    numbered.order_hk,
    numbered.product_hk,
    numbered.line_no,
    min(loads.staged_at) as load_dts,
    numbered.source || '.' || min(numbered.topic) as record_source
  from numbered
  inner join loads using (load_id)
  group by
    numbered.order_hk, numbered.product_hk, numbered.line_no,
    numbered.source, numbered.order_id, numbered.product_id
)
insert into dds.l_order_product (
  order_product_hk, order_hk, product_hk, line_no, load_dts, record_source
)
select
  order_product_hk, order_hk, product_hk, line_no, load_dts, record_source
from lines
on conflict do nothing
