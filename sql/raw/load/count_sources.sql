-- Grain: one source of a load. Kind: insert-only, in the transaction of the load.
-- Reads: incoming, raw.quarantine. Parameters: $1 load id.
insert into raw.load_source (load_id, source, count_raw, count_quarantined)
select
  $1::bigint as load_id,
  coalesce(incoming.source, 'unknown') as source,
  count(*) as count_raw,
  count(refused.load_id) as count_quarantined
from incoming
left join raw.quarantine as refused
  on refused.load_id = $1
  and refused.kafka_partition = incoming.kafka_partition
  and refused.kafka_offset = incoming.kafka_offset
group by 2
