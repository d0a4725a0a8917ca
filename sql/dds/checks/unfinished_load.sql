-- Offending: loads ($1) that are not finished although their run came this far.
select load_id, state, count_staged
from dds.load
where load_id = any($1::bigint[]) and state <> 'finished'
