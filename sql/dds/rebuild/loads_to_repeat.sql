-- Grain: one load of messages or of a file that the rebuild has not repeated, in the order in which
-- they were staged. Kind: query. Reads: dds.load, dds_next.load. Parameters: $1 how many.
select load_id, log_id, topic, ranges, count_raw, only_source, file_id
from dds.load
where (ranges <> '[]' or file_id is not null)
  and not exists (
    select from dds_next.load as repeated
    where repeated.load_id = load.load_id
  )
order by load_id
limit $1
