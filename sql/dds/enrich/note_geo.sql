-- Grain: one place that no provider has answered for. Kind: insert into dds.lookup_question.
-- Reads: dds.h_location, dds.s_location_geo, dds.lookup_question.
--
-- What a message says about a place does not count: a provider's answer goes before it.
with places as (
  select distinct location_id
  from dds.h_location as place
  where location_hk <> dds.ghost_key()
    and not exists (
      select from dds.s_location_geo as geo
      where geo.location_hk = place.location_hk and geo.provider <> 'message'
    )
)
insert into dds.lookup_question (kind, question)
select 'geo', location_id
from places
on conflict do nothing
