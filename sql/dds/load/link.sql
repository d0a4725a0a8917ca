-- Grain: one left with its right. Kind: link, insert-only. Reads: dds.staged_things, dds.load.
-- Parameters: $1 load ids.
--
-- The statement of every link that is made of the keys of its hubs alone: tasks/dds/key-targets.ts puts
-- the names of its hubs into it.
with staged as (
  select left_hk, right_hk, source, left_id, right_id, min(load_id) as load_id
  from dds.staged_things as things
  where load_id = any($1::bigint[]) and left_id is not null and right_id is not null
  group by left_hk, right_hk, source, left_id, right_id
)
insert into dds.l_left_right (
  left_right_hk, left_hk, right_hk, load_id, load_dts, record_source
)
select
  dds.hash_key(staged.source, staged.left_id, staged.right_id) as left_right_hk,
  staged.left_hk,
  staged.right_hk,
  load_id,
  load.staged_at as load_dts,
  staged.source || '.' || load.topic as record_source
from staged
inner join dds.load using (load_id)
order by left_right_hk
on conflict do nothing
