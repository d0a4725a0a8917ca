-- Grain: one campaign, one hour, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- Campaigns are only seen, in their events: applied_at is the hour of the sighting.
with staged as (
  select campaign_hk, source, occurred_at, payload, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'campaign_event'
),
loads as (
  select load_id, staged_at
  from dds.load
),
attributes as (
  select
    staged.campaign_hk,
    date_trunc('hour', staged.occurred_at at time zone 'UTC')
      at time zone 'UTC' as applied_at,
    staged.payload ->> 'name' as name,
    staged.payload ->> 'channel' as channel,
    loads.staged_at,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
),
fingerprints as (
  select
    campaign_hk,
    applied_at,
    dds.hash_diff(name, channel) as hash_diff,
    name, channel,
    min(staged_at) as load_dts,
    min(record_source) as record_source
  from attributes
  group by campaign_hk, applied_at, name, channel
)
insert into dds.s_campaign (
  campaign_hk, applied_at, hash_diff, name, channel,
  load_dts, record_source
)
select
  campaign_hk, applied_at, hash_diff, name, channel,
  load_dts, record_source
from fingerprints
on conflict do nothing
