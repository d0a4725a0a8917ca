-- title: One session
-- kind: fact
-- grain: session
-- reads: dds.h_campaign, dds.h_user, dds.mart_batch_load, dds.nl_event, dds.ref_source,
--   dds.session_now, dds.weather_at
-- source: all
-- key: session_hk
--
-- Runs in Postgres as the query of a COPY. Table asked holds the sessions, by of_days.sql or
-- of_batch.sql; of these the load takes those that began on the days asked for. Settings:
-- terrace.marts_id, terrace.source, terrace.days.
--
-- A session begins with its first event of any kind, is over with its last, and has the weather of
-- its first: what that message brought, else that of place and hour.
with listed as (
  select load_id
  from dds.mart_batch_load
  where marts_id = current_setting('terrace.marts_id')::uuid
    and source = current_setting('terrace.source')
),
events as (
  select event.*
  from asked
  inner join dds.nl_event as event
    on event.session_hk = asked.session_hk
    and event.session_hk <> dds.ghost_key()
  where event.load_id in (select load_id from listed)
),
summed as (
  select
    session_hk,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    (array_agg(user_hk order by occurred_at, event_hk)
      filter (where user_hk <> dds.ghost_key()))[1] as user_hk,
    (array_agg(campaign_hk order by occurred_at, event_hk)
      filter (where campaign_hk <> dds.ghost_key()))[1] as campaign_hk,
    (array_agg(weather order by occurred_at, event_hk))[1] as weather,
    (array_agg(temperature_c order by occurred_at, event_hk))[1]
      as temperature_c,
    count(*) as events,
    count(*) filter (where event_type = 'view') as views,
    count(*) filter (where event_type = 'cart') as carts,
    count(*) filter (where event_type = 'purchase') as purchases,
    count(distinct order_hk) filter (where event_type = 'order') as orders
  from events
  group by session_hk
),
dated as materialized (
  select
    summed.*,
    session_now.source,
    session_now.session_id,
    session_now.device_type,
    session_now.os,
    session_now.city,
    session_now.country,
    session_now.location_hk,
    dds.day_of(summed.started_at, ref_source.time_zone) as day
  from summed
  inner join dds.session_now using (session_hk)
  left join dds.ref_source using (source)
)
select
  dated.source,
  to_char(dated.day, 'YYYY-MM-DD') as day,
  to_char(dated.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    as started_at,
  to_char(dated.ended_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    as ended_at,
  extract(epoch from dated.ended_at - dated.started_at) as duration_seconds,
  dated.session_hk,
  dated.session_id,
  h_user.user_id,
  h_campaign.campaign_id,
  coalesce(dated.device_type, 'unknown') as device_type,
  coalesce(dated.os, 'unknown') as os,
  coalesce(dated.city, 'unknown') as city,
  coalesce(dated.country, 'unknown') as country,
  coalesce(dated.weather, looked_up.condition, 'unknown') as weather,
  case when dated.weather is null then looked_up.temperature_c
    else dated.temperature_c end as temperature_c,
  dated.events,
  dated.views,
  dated.carts,
  dated.purchases,
  dated.orders
from dated
left join dds.h_user using (user_hk)
left join dds.h_campaign using (campaign_hk)
left join lateral dds.weather_at(dated.location_hk, dated.started_at)
  as looked_up on true
where dated.day = any(current_setting('terrace.days')::date[])
