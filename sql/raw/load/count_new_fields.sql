-- Grain: one field of one source of a load that its contract has not. Kind: insert-only, in the
-- transaction of the load. Reads: incoming. Parameters: $1 load id.
insert into raw.new_field (load_id, source, field, count_messages)
select
  $1::bigint as load_id,
  incoming.source,
  fields.field,
  count(*) as count_messages
from incoming
cross join jsonb_array_elements_text(incoming.new_fields) as fields (field)
where incoming.new_fields is not null
group by incoming.source, fields.field
