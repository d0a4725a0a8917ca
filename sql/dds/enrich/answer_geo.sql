-- Grain: one place with the city and country that a provider named; a load of the look-up, and the
-- days that it reopens. Kind: satellite, insert-only; no load when nothing is new.
-- Reads: dds.h_location, dds.s_location_geo, dds.l_session_location, dds.l_order_session,
-- dds.nl_event, dds.ref_source.
-- Parameters: $1 provider, $2 questions, $3 times (null: now), $4 cities, $5 countries.
with answers as (
  select
    question,
    coalesce(fetched_at, now()) as fetched_at,
    city,
    country
  from unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[])
    as answer (question, fetched_at, city, country)
),
fresh as (
  select
    place.location_hk,
    answers.fetched_at,
    dds.hash_diff(answers.city, answers.country) as hash_diff,
    answers.city,
    answers.country
  from answers
  inner join dds.h_location as place on place.location_id = answers.question
  where place.location_hk <> dds.ghost_key()
    and not exists (
      select from dds.s_location_geo as geo
      where geo.location_hk = place.location_hk
        and geo.applied_at = answers.fetched_at
        and geo.hash_diff = dds.hash_diff(answers.city, answers.country)
    )
),
new_load as (
  insert into dds.load (
    log_id, topic, ranges, state, rule_version, count_raw, count_staged,
    count_duplicates, count_quarantined, finished_at, questions_noted_at,
    has_keys
  )
  select
    'lookup', 'geo', '[]', 'finished', 0, 0, 0, 0, 0, clock_timestamp(), now(),
    true
  where exists (select from fresh)
  returning load_id, staged_at
),
answering as (
  insert into dds.s_location_geo (
    location_hk, applied_at, hash_diff, city, country, provider, load_id,
    load_dts, record_source
  )
  select
    location_hk, fetched_at, hash_diff, city, country, $1::text,
    new_load.load_id, new_load.staged_at, $1::text
  from fresh
  cross join new_load
  on conflict do nothing
),
noting_keys as (
  insert into dds.load_key (load_id, hub, hash_key)
  select distinct new_load.load_id, 'location', fresh.location_hk
  from fresh
  cross join new_load
),
sessions as (
  select distinct placed.session_hk
  from fresh
  inner join dds.l_session_location as placed using (location_hk)
  where placed.session_hk <> dds.ghost_key()
),
times as (
  select event.source, event.occurred_at
  from sessions
  inner join dds.nl_event as event using (session_hk)
  where event.session_hk <> dds.ghost_key()
  union all
  select event.source, event.occurred_at
  from sessions
  inner join dds.l_order_session as ordered using (session_hk)
  inner join dds.nl_event as event using (order_hk)
  where event.order_hk <> dds.ghost_key()
),
days as (
  select distinct
    times.source,
    (times.occurred_at
      at time zone coalesce(ref_source.time_zone, 'UTC'))::date as day
  from times
  left join dds.ref_source using (source)
),
reopening as (
  insert into dds.load_day (load_id, source, day)
  select new_load.load_id, days.source, days.day
  from days
  cross join new_load
)
select load_id, (select count(*) from fresh) as count_rows
from new_load
