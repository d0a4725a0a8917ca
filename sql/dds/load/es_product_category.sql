-- Grain: one product in one category in one hour. Kind: effectivity satellite, insert-only.
-- Reads: dds.stage_product, dds.load. Parameters: $1 load ids.
--
-- applied_at is the hour of the sighting: see s_product_names. The latest sighting says which
-- category holds; when the former one ended is not known, so no end is kept.
with staged as (
  select
    product_category_hk, product_hk, category_hk, seen_at, source,
    min(load_id) as load_id
  from dds.stage_product
  where load_id = any($1::bigint[]) and category is not null
  group by product_category_hk, product_hk, category_hk, seen_at, source
)
insert into dds.es_product_category (
  product_category_hk, product_hk, category_hk, applied_at, load_id, load_dts,
  record_source
)
select
  staged.product_category_hk,
  staged.product_hk,
  staged.category_hk,
  staged.seen_at as applied_at,
  load_id,
  load.staged_at as load_dts,
  staged.source || '.' || load.topic as record_source
from staged
inner join dds.load using (load_id)
order by staged.product_category_hk, staged.seen_at
on conflict do nothing
