-- Grain: one source that has ever brought something new. Kind: query. Reads: dds.load, dds.load_day,
-- dds.ref_source.
select source.source, load.staged_at as newest_at
from dds.ref_source as source
cross join lateral (
  select max(load_id) as load_id from dds.load_day where source = source.source
) as newest
inner join dds.load as load using (load_id)
