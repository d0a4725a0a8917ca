-- Grain: one category of one source. Kind: hub, insert-only. Reads: dds.stage_event, dds.load.
-- Parameters: $1 load ids.
with staged as (
  select category_hk, source, category, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and category is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
keys as (
  select
    staged.category_hk,
    staged.source,
    staged.category,
    min(loads.staged_at) as load_dts,
    staged.source || '.' || min(staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by staged.category_hk, staged.source, staged.category
)
insert into dds.h_category (
  category_hk, source, category, load_dts, record_source
)
select category_hk, source, category, load_dts, record_source
from keys
on conflict do nothing
