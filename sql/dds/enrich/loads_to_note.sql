-- Grain: one load whose events are in and whose questions were not noted yet.
-- Kind: query. Reads: dds.load. Parameters: $1 loads of this run, $2 how many.
select load_id
from dds.load
where questions_noted_at is null
  and (state = 'finished' or load_id = any($1::bigint[]))
order by load_id
limit $2
