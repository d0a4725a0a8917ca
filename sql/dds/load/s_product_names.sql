-- Grain: one product, one hour, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- Products are only seen, in views and carts: applied_at is the hour of the sighting. Every sighting
-- would be a row for each view; only changes would depend on the order in which rows arrive.
with staged as (
  select product_hk, source, category, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[])
    and event_type in ('view', 'cart', 'purchase')
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    staged.product_hk,
    date_trunc('hour', staged.occurred_at at time zone 'UTC')
      at time zone 'UTC' as applied_at,
    staged.payload #>> '{product,name}' as name,
    staged.category as category,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    product_hk,
    applied_at,
    dds.hash_diff(name, category) as hash_diff,
    name, category,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  where name is not null or category is not null
  group by product_hk, applied_at, name, category
)
insert into dds.s_product_names (
  product_hk, applied_at, hash_diff, name, category,
  load_dts, record_source
)
select
  product_hk, applied_at, hash_diff, name, category,
  load_dts, record_source
from fingerprints
on conflict do nothing
