-- Grain: one line of one order with its product. Kind: link, insert-only.
-- Reads: dds.stage_order_line, dds.load. Parameters: $1 load ids.
--
-- The number of the line is part of the key: an order may repeat a product. A line whose order has
-- not arrived points to the hub row that its order_id alone makes.
with staged as (
  select
    order_product_hk, order_hk, product_hk, line_no, source,
    min(load_id) as load_id
  from dds.stage_order_line
  where load_id = any($1::bigint[])
  group by order_product_hk, order_hk, product_hk, line_no, source
)
insert into dds.l_order_product (
  order_product_hk, order_hk, product_hk, line_no, load_id, load_dts,
  record_source
)
select
  staged.order_product_hk,
  staged.order_hk,
  staged.product_hk,
  staged.line_no,
  load_id,
  load.staged_at as load_dts,
  staged.source || '.' || load.topic as record_source
from staged
inner join dds.load using (load_id)
order by staged.order_product_hk
on conflict do nothing
