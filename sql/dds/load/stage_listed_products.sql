-- Grain: one product that a line of a reference file names. Kind: insert-only. Reads: dds.ref_source.
-- Parameters: $1 load id, $2 source, $3 product ids, $4 names, $5 categories, $6 prices,
-- $7 when each line was loaded.
--
-- The time is exact and no hour: of two versions of a file the newer one holds.
insert into dds.stage_product (
  load_id, source, product_id, product_hk, category, category_hk,
  product_category_hk, seen_at, name, price, currency
)
select
  $1::bigint as load_id,
  ref_source.source,
  listed.product_id,
  dds.hash_key(ref_source.source, listed.product_id) as product_hk,
  listed.category,
  dds.hash_key(ref_source.source, listed.category) as category_hk,
  dds.hash_key(
    ref_source.source, listed.product_id, listed.category
  ) as product_category_hk,
  listed.seen_at,
  listed.name,
  listed.price,
  ref_source.currency
from unnest(
  $3::text[], $4::text[], $5::text[], $6::numeric[], $7::timestamptz[]
) as listed (product_id, name, category, price, seen_at)
inner join dds.ref_source on ref_source.source = $2
