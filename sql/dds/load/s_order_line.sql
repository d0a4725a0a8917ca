-- Grain: one line, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_order_line, dds.load. Parameters: $1 load ids.
--
-- The lines of a message that holds the whole order carry its version: those of the newest one hold, and a
-- line that it does not name is gone.
with staged as (
  select
    order_product_hk,
    source,
    updated_at as applied_at,
    quantity,
    unit_price,
    version_hk,
    load_id
  from dds.stage_order_line
  where load_id = any($1::bigint[])
),
said as (
  select
    order_product_hk, applied_at, quantity, unit_price, version_hk, source,
    min(load_id) as load_id
  from staged
  group by order_product_hk, applied_at, quantity, unit_price, version_hk, source
)
insert into dds.s_order_line (
  order_product_hk, applied_at, hash_diff, quantity, unit_price, version_hk,
  load_id, load_dts, record_source
)
select
  said.order_product_hk,
  said.applied_at,
  case
    when said.version_hk is null
      then dds.hash_diff(
        trim_scale(said.quantity)::text, trim_scale(said.unit_price)::text
      )
    else dds.hash_diff(
      trim_scale(said.quantity)::text,
      trim_scale(said.unit_price)::text,
      said.version_hk::text
    )
  end as hash_diff,
  said.quantity,
  said.unit_price,
  said.version_hk,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.order_product_hk, said.applied_at, hash_diff
on conflict do nothing
