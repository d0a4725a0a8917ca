-- Grain: one product, one hour, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_product, dds.load. Parameters: $1 load ids.
--
-- Products are only seen, in views, carts and orders: applied_at is the hour of the sighting. Every sighting
-- would be a row for each view; only changes would depend on the order in which rows arrive.
with staged as (
  select
    product_hk,
    source,
    seen_at as applied_at,
    name,
    category,
    load_id
  from dds.stage_product
  where load_id = any($1::bigint[])
    and (name is not null or category is not null)
),
said as (
  select
    product_hk, applied_at, name, category, source,
    min(load_id) as load_id
  from staged
  group by product_hk, applied_at, name, category, source
)
insert into dds.s_product_names (
  product_hk, applied_at, hash_diff, name, category,
  load_id, load_dts, record_source
)
select
  said.product_hk,
  said.applied_at,
  dds.hash_diff(said.name, said.category) as hash_diff,
  said.name,
  said.category,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.product_hk, said.applied_at, hash_diff
on conflict do nothing
