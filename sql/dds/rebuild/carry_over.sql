-- Grain: one row that no message brings: answers of providers, and the loads and days that they came
-- with. Kind: insert-only into the rebuilt vault. Reads: dds.load, dds.load_day, dds.s_location_geo.
--
-- Days that the old vault held stay open for the marts, also where the rebuilt one has none.
with looked_up as (
  insert into dds_next.load overriding system value
  select * from dds.load
  where ranges = '[]'
  on conflict do nothing
),
answered as (
  insert into dds_next.s_location_geo
  select * from dds.s_location_geo
  where provider <> 'message'
  on conflict do nothing
),
keys as (
  insert into dds_next.load_key
  select load_key.*
  from dds.load_key
  inner join dds.load using (load_id)
  where load.ranges = '[]'
  on conflict do nothing
),
days as (
  insert into dds_next.load_day (load_id, source, day, is_whole)
  select load_id, source, day, is_whole
  from dds.load_day
  on conflict do nothing
)
-- Noted questions stay noted for loads that brought the same events.
update dds_next.load as repeated
set
  finished_at = coalesce(former.finished_at, repeated.finished_at),
  questions_noted_at = case
    when repeated.count_staged = former.count_staged
      then former.questions_noted_at
  end
from dds.load as former
where former.load_id = repeated.load_id and former.ranges <> '[]'
