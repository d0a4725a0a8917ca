-- Grain: one product, one hour, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_product, dds.load. Parameters: $1 load ids.
--
-- applied_at is the hour of the sighting: see s_product_names.
with staged as (
  select
    product_hk,
    source,
    seen_at as applied_at,
    price,
    currency,
    load_id
  from dds.stage_product
  where load_id = any($1::bigint[]) and price is not null
),
said as (
  select
    product_hk, applied_at, price, currency, source,
    min(load_id) as load_id
  from staged
  group by product_hk, applied_at, price, currency, source
)
insert into dds.s_product_price (
  product_hk, applied_at, hash_diff, price, currency,
  load_id, load_dts, record_source
)
select
  said.product_hk,
  said.applied_at,
  dds.hash_diff(trim_scale(said.price)::text, said.currency) as hash_diff,
  said.price,
  said.currency,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.product_hk, said.applied_at, hash_diff
on conflict do nothing
