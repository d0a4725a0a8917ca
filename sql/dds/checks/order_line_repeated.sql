-- Offending: lines of orders that the loads ($1) name, which stand in l_order_product twice with the
-- same product. Its key is a hash; this proves the grain behind it.
-- Kind: check. Reads: dds.l_order_product, dds.stage_order_line.
with orders as (
  select distinct order_hk
  from dds.stage_order_line
  where load_id = any($1::bigint[])
)
select order_hk, product_hk, line_no, count(*) as count_rows
from orders
inner join dds.l_order_product using (order_hk)
group by order_hk, product_hk, line_no
having count(*) > 1
