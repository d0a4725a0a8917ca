-- Grain: one order, one time, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
with staged as (
  select order_hk, source, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'order'
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    staged.order_hk,
    staged.occurred_at as applied_at,
    (staged.payload ->> 'cost')::numeric(20, 4) as cost,
    staged.payload ->> 'currency' as currency,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    order_hk,
    applied_at,
    dds.hash_diff(trim_scale(cost)::text, currency) as hash_diff,
    cost, currency,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  group by order_hk, applied_at, cost, currency
)
insert into dds.s_order_cost (
  order_hk, applied_at, hash_diff, cost, currency,
  load_dts, record_source
)
select
  order_hk, applied_at, hash_diff, cost, currency,
  load_dts, record_source
from fingerprints
on conflict do nothing
