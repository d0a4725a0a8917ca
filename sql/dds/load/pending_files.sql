-- Grain: one reference file that no load has taken yet. Kind: query.
-- Reads: raw.produced_file, raw.file_rows, dds.ref_source, dds.load. Parameters: $1 topic.
--
-- The files of a source go with its first topic.
select file.file_id, file.source, file.format
from raw.produced_file as file
inner join dds.ref_source as source using (source)
where file.target = 'raw.file_rows'
  and source.topics[1] = $1
  and exists (select from raw.file_rows as line where line.file_id = file.file_id)
  and not exists (select from dds.load where load.file_id = file.file_id)
order by file.file_id
