-- title: One event of any kind
-- kind: fact
-- grain: event
-- reads: dds.h_campaign, dds.h_order, dds.h_user, dds.nl_event, dds.product_now, dds.ref_fx_rate,
--   dds.ref_source, dds.session_now, dds.weather_at
-- source: all
-- key: day, event_hk
--
-- Runs in Postgres as the query of a COPY. Table asked holds the events, by of_days.sql or
-- of_batch.sql. Settings: terrace.reporting_currency.
with sessions as materialized (
  select session_now.*
  from (
    select distinct session_hk
    from asked as events
    where session_hk <> dds.ghost_key()
  ) as held
  inner join dds.session_now using (session_hk)
),
products as materialized (
  select product_now.*
  from (
    select distinct product_hk
    from asked as events
    where product_hk <> dds.ghost_key()
  ) as seen
  inner join dds.product_now using (product_hk)
),
weathers as materialized (
  select location_hk, hour, weather.condition, weather.temperature_c
  from (
    select distinct
      sessions.location_hk,
      date_trunc('hour', events.occurred_at, 'UTC') as hour
    from asked as events
    inner join sessions using (session_hk)
    where events.weather is null and sessions.location_hk is not null
  ) as hours
  cross join lateral dds.weather_at(location_hk, hour) as weather
),
rates as materialized (
  select
    day,
    currency,
    case when currency = reporting then 1
      else dds.usd_rate(currency, day) end as from_rate,
    case when currency = reporting then 1
      else dds.usd_rate(reporting, day) end as to_rate
  from (
    select distinct
      day, currency,
      current_setting('terrace.reporting_currency') as reporting
    from asked as events
    where cost is not null
  ) as spent
)
select
  events.source,
  to_char(events.day, 'YYYY-MM-DD') as day,
  to_char(events.occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    as occurred_at,
  events.event_hk,
  events.event_id,
  events.event_type,
  case when events.user_hk <> dds.ghost_key() then h_user.user_id end
    as user_id,
  sessions.session_id,
  products.product_id,
  events.platform,
  events.quantity,
  events.unit_price,
  events.currency,
  case when events.order_hk <> dds.ghost_key() then h_order.order_id end
    as order_id,
  case when events.campaign_hk <> dds.ghost_key() then h_campaign.campaign_id
    end as campaign_id,
  events.action,
  products.category,
  events.cost,
  dds.exchange(events.cost, rates.from_rate, rates.to_rate)
    as cost_reporting,
  coalesce(sessions.device_type, 'unknown') as device_type,
  coalesce(sessions.os, 'unknown') as os,
  coalesce(sessions.city, 'unknown') as city,
  coalesce(sessions.country, 'unknown') as country,
  coalesce(events.weather, weathers.condition, 'unknown') as weather,
  case when events.weather is null then weathers.temperature_c
    else events.temperature_c end as temperature_c
from asked as events
left join dds.h_user using (user_hk)
left join sessions using (session_hk)
left join products using (product_hk)
left join dds.h_order using (order_hk)
left join dds.h_campaign using (campaign_hk)
left join weathers
  on weathers.location_hk = sessions.location_hk
  and weathers.hour = date_trunc('hour', events.occurred_at, 'UTC')
left join rates
  on rates.day = events.day and rates.currency = events.currency
