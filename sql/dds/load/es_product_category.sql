-- Grain: one product in one category in one hour. Kind: effectivity satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- applied_at is the hour of the sighting: see s_product_names. The latest sighting says which
-- category holds; when the former one ended is not known, so no end is kept.
with staged as (
  select
    product_hk, category_hk, source, product_id, category, occurred_at, topic,
    load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and category is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
sightings as (
  select
    dds.hash_key(staged.source, staged.product_id, staged.category)
      as product_category_hk,
    staged.product_hk,
    staged.category_hk,
    date_trunc('hour', staged.occurred_at at time zone 'UTC')
      at time zone 'UTC' as applied_at,
    min(loads.staged_at) as load_dts,
    staged.source || '.' || min(staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by
    staged.product_hk, staged.category_hk, staged.source, staged.product_id,
    staged.category, 4
)
insert into dds.es_product_category (
  product_category_hk, product_hk, category_hk, applied_at, load_dts,
  record_source
)
select
  product_category_hk, product_hk, category_hk, applied_at, load_dts,
  record_source
from sightings
on conflict do nothing
