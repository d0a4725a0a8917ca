-- Grain: one campaign of one source. Kind: hub, insert-only. Reads: dds.stage_event, dds.load.
-- Parameters: $1 load ids.
with staged as (
  select campaign_hk, source, campaign_id, topic, load_id
  from dds.stage_event
  where load_id = any($1::bigint[]) and campaign_id is not null
),
loads as (
  select load_id, staged_at
  from dds.load
),
keys as (
  select
    staged.campaign_hk,
    staged.source,
    staged.campaign_id,
    min(loads.staged_at) as load_dts,
    staged.source || '.' || min(staged.topic) as record_source
  from staged
  inner join loads using (load_id)
  group by staged.campaign_hk, staged.source, staged.campaign_id
)
insert into dds.h_campaign (
  campaign_hk, source, campaign_id, load_dts, record_source
)
select campaign_hk, source, campaign_id, load_dts, record_source
from keys
on conflict do nothing
