-- Grain: one campaign, one hour, one set of attributes. Kind: satellite, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- Campaigns are only seen, in their events: applied_at is the hour of the sighting.
with staged as (
  select
    campaign_hk,
    source,
    date_trunc('hour', occurred_at, 'UTC') as applied_at,
    payload ->> 'name' as name,
    payload ->> 'channel' as channel,
    load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and event_type = 'campaign_event'
),
said as (
  select
    campaign_hk, applied_at, name, channel, source,
    min(load_id) as load_id
  from staged
  group by campaign_hk, applied_at, name, channel, source
)
insert into dds.s_campaign (
  campaign_hk, applied_at, hash_diff, name, channel,
  load_id, load_dts, record_source
)
select
  said.campaign_hk,
  said.applied_at,
  dds.hash_diff(said.name, said.channel) as hash_diff,
  said.name,
  said.channel,
  load_id,
  load.staged_at as load_dts,
  said.source || '.' || load.topic as record_source
from said
inner join dds.load using (load_id)
order by said.campaign_hk, said.applied_at, hash_diff
on conflict do nothing
