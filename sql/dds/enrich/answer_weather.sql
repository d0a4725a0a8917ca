-- Grain: one place and hour with the weather that a provider named; a load of the look-up, and the
-- days that it reopens. Kind: satellite, insert-only; no load when nothing is new.
-- Reads: dds.h_location, dds.s_location_weather, dds.ref_source.
-- Parameters: $1 provider, $2 questions, $3 times, $4 conditions, $5 degrees.
--
-- The days are those of the hour itself: an hour of UTC lies in two days where a zone is half an
-- hour off. A question is a place, an at sign and the hour.
with answers as (
  select
    split_part(question, '@', 1) as location_id,
    split_part(question, '@', 2)::timestamptz as weather_hour,
    condition,
    temperature_c
  from unnest($2::text[], $3::timestamptz[], $4::text[], $5::numeric[])
    as answer (question, fetched_at, condition, temperature_c)
),
fresh as (
  select
    place.location_hk,
    place.source,
    answers.weather_hour,
    answers.condition,
    answers.temperature_c
  from answers
  inner join dds.h_location as place using (location_id)
  where place.location_hk <> dds.ghost_key()
    and not exists (
      select from dds.s_location_weather as weather
      where weather.location_hk = place.location_hk
        and weather.applied_at = answers.weather_hour
    )
),
new_load as (
  insert into dds.load (
    log_id, topic, ranges, state, rule_version, count_raw, count_staged,
    count_duplicates, count_quarantined, finished_at, questions_noted_at,
    has_keys
  )
  select
    'lookup', 'weather', '[]', 'finished', 0, 0, 0, 0, 0, clock_timestamp(),
    now(), true
  where exists (select from fresh)
  returning load_id, staged_at
),
answering as (
  insert into dds.s_location_weather (
    location_hk, applied_at, hash_diff, condition, temperature_c, provider,
    load_id, load_dts, record_source
  )
  select
    location_hk,
    weather_hour,
    dds.hash_diff(condition, temperature_c::numeric(5, 2)::text),
    condition,
    temperature_c,
    $1::text,
    new_load.load_id,
    new_load.staged_at,
    $1::text
  from fresh
  cross join new_load
  on conflict do nothing
),
days as (
  select distinct
    fresh.source,
    (moment at time zone coalesce(ref_source.time_zone, 'UTC'))::date as day
  from fresh
  left join dds.ref_source using (source)
  cross join lateral (
    values (weather_hour), (weather_hour + interval '59 minutes 59 seconds')
  ) as edges (moment)
),
reopening as (
  insert into dds.load_day (load_id, source, day)
  select new_load.load_id, days.source, days.day
  from days
  cross join new_load
)
select load_id, (select count(*) from fresh) as count_rows
from new_load
