-- Grain: one source. Kind: query. Reads: raw.message, all topics of dds.ref_source.
select
  source,
  count(*)::text as messages,
  count(*) filter (where headers ? 'produced_file')::text as from_files,
  max(received_at) as newest
from raw.message
where topic = any(array(select unnest(topics) from dds.ref_source))
group by source
order by source
