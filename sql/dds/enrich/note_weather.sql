-- Grain: one place and hour with an event whose weather nobody knows.
-- Kind: insert into dds.lookup_question.
-- Reads: dds.nl_event, dds.l_session_location, dds.h_location, dds.s_location_weather.
-- Parameters: $1 load ids.
--
-- A place may arrive after the events of its session: all events of the sessions that got one in
-- these loads are looked at, those of former loads too.
with loaded as (
  select session_hk, event_type, occurred_at, weather
  from dds.nl_event
  where load_id = any($1::bigint[]) and session_hk <> dds.ghost_key()
),
placed_now as (
  select distinct session_hk
  from loaded
  where event_type = 'user_location'
),
events as (
  select session_hk, occurred_at
  from loaded
  where weather is null
  union all
  select event.session_hk, event.occurred_at
  from placed_now
  inner join dds.nl_event as event using (session_hk)
  where event.weather is null and event.session_hk <> dds.ghost_key()
),
hours as (
  select distinct
    placed.location_hk,
    date_trunc('hour', events.occurred_at, 'UTC') as weather_hour
  from events
  inner join dds.l_session_location as placed using (session_hk)
),
unknown as (
  select distinct place.location_id, hours.weather_hour
  from hours
  inner join dds.h_location as place using (location_hk)
  left join dds.s_location_weather as weather
    on weather.location_hk = hours.location_hk
    and weather.applied_at = hours.weather_hour
  where weather.location_hk is null
)
insert into dds.lookup_question (kind, question)
select
  'weather',
  location_id || '@'
    || to_char(weather_hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')
from unknown
on conflict do nothing
