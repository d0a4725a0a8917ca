-- Grain: one message that the rebuild refused. Kind: raw.quarantine becomes what the rebuild found; a
-- row that is refused as before is not touched, and replayed_at stays. Reads: dds_next.quarantine.
with gone as (
  delete from raw.quarantine as former
  where not exists (
    select from dds_next.quarantine as refused
    where (
      refused.topic, refused.kafka_partition, refused.kafka_offset,
      refused.log_id
    ) = (
      former.topic, former.kafka_partition, former.kafka_offset, former.log_id
    )
  )
)
insert into raw.quarantine
select * from dds_next.quarantine
on conflict (topic, kafka_partition, kafka_offset, log_id) do update
set
  load_id = excluded.load_id,
  event_id = excluded.event_id,
  reason = excluded.reason,
  detail = excluded.detail,
  rule_version = excluded.rule_version
where (quarantine.load_id, quarantine.reason, quarantine.detail)
  is distinct from (excluded.load_id, excluded.reason, excluded.detail)
