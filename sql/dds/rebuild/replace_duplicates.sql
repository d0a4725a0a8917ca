-- Grain: one message that the rebuild counted as a repetition. Kind: raw.duplicate becomes what the
-- rebuild found; rows that stay are not touched. Reads: dds_next.duplicate.
with gone as (
  delete from raw.duplicate as former
  where not exists (
    select from dds_next.duplicate as repeated
    where (
      repeated.topic, repeated.kafka_partition, repeated.kafka_offset,
      repeated.log_id
    ) = (
      former.topic, former.kafka_partition, former.kafka_offset, former.log_id
    )
  )
)
insert into raw.duplicate
select * from dds_next.duplicate
on conflict (topic, kafka_partition, kafka_offset, log_id) do update
set
  load_id = excluded.load_id,
  source = excluded.source,
  event_id = excluded.event_id
where (duplicate.load_id, duplicate.source, duplicate.event_id)
  is distinct from (excluded.load_id, excluded.source, excluded.event_id)
