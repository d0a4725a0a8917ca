-- Grain: one product in one category. Kind: link, insert-only. Reads: dds.stage_event, dds.load.
-- Parameters: $1 load ids.
with staged as (
  select product_hk, category_hk, source, product_id, category, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and product_id is not null
    and category is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
pairs as (
  select
    dds.hash_key(staged.source, staged.product_id, staged.category)
      as product_category_hk,
    staged.product_hk,
    staged.category_hk,
    min(loads.staged_at) as load_dts,
    staged.source || '.' || min(staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by
    staged.product_hk, staged.category_hk, staged.source, staged.product_id,
    staged.category
)
insert into dds.l_product_category (
  product_category_hk, product_hk, category_hk, load_dts, record_source
)
select product_category_hk, product_hk, category_hk, load_dts, record_source
from pairs
on conflict do nothing
