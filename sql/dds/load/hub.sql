-- Grain: one thing of one source. Kind: hub, insert-only. Reads: dds.staged_things, dds.load.
-- Parameters: $1 load ids.
--
-- The statement of every hub: tasks/dds/key-targets.ts puts the names of one into it. Keys go
-- in by their order, here and in the links and satellites: of two loads that bring the same ones, one
-- waits for the other, and they never wait in a circle.
with staged as (
  select thing_hk, source, thing_id, min(load_id) as load_id
  from dds.staged_things as things
  where load_id = any($1::bigint[]) and thing_id is not null
  group by thing_hk, source, thing_id
)
insert into dds.h_thing (
  thing_hk, source, thing_id, load_id, load_dts, record_source
)
select
  staged.thing_hk,
  staged.source,
  staged.thing_id,
  load_id,
  load.staged_at as load_dts,
  staged.source || '.' || load.topic as record_source
from staged
inner join dds.load using (load_id)
order by staged.thing_hk
on conflict do nothing
