-- Offending: events of the loads ($1) whose key is not the hash of their business key.
-- Kind: check. Reads: dds.nl_event.
select event_hk, source, event_id
from dds.nl_event
where load_id = any($1::bigint[])
  and event_hk <> dds.hash_key(source, event_id)
