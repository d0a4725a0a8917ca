-- Grain: one row; the ranges of offsets that the messages of incoming make up, and no other.
-- Kind: query. Reads: incoming.
with numbered as (
  select
    kafka_partition,
    kafka_offset,
    kafka_offset - row_number() over (
      partition by kafka_partition
      order by kafka_offset
    ) as island
  from incoming
),
spans as (
  select
    kafka_partition,
    min(kafka_offset) as from_offset,
    max(kafka_offset) + 1 as until_offset
  from numbered
  group by kafka_partition, island
)
select
  jsonb_agg(
    jsonb_build_array(
      kafka_partition, from_offset::text, until_offset::text
    )
    order by kafka_partition, from_offset
  ) as ranges
from spans
