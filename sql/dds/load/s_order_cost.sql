-- Grain: one order, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_order, dds.load. Parameters: $1 load ids.
--
-- applied_at is as of when the order is so, ordered_at when it was ordered. A message that holds the whole
-- order is a version of it.
with staged as (
  select
    order_hk,
    source,
    updated_at as applied_at,
    ordered_at,
    cost,
    currency,
    version_hk,
    load_id
  from dds.stage_order
  where load_id = any($1::bigint[])
),
said as (
  select
    order_hk, applied_at, ordered_at, cost, currency, version_hk, source,
    min(load_id) as load_id
  from staged
  group by order_hk, applied_at, ordered_at, cost, currency, version_hk, source
)
insert into dds.s_order_cost (
  order_hk, applied_at, hash_diff, ordered_at, cost, currency, version_hk,
  load_id, load_dts, record_source
)
select
  said.order_hk,
  said.applied_at,
  case
    when said.version_hk is null
      then dds.hash_diff(trim_scale(said.cost)::text, said.currency)
    else dds.hash_diff(
      trim_scale(said.cost)::text,
      said.currency,
      extract(epoch from said.ordered_at)::text,
      said.version_hk::text
    )
  end as hash_diff,
  said.ordered_at,
  said.cost,
  said.currency,
  said.version_hk,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.order_hk, said.applied_at, hash_diff
on conflict do nothing
