-- Days that have rows are found without looking at the rows: from one day that has some to the next, by
-- the indexes of their times. An event of 1970 is one day more, and not all days since then.

-- Grain: one day, in the zone of a source, on which an event happened or something was said of an order.
-- From the first day up to the one before the last given; null: no bound. A day of UTC may be two of a
-- source, so a day beside one that has rows may be among them.
create function dds.days_with_rows(from_day date, until_day date)
returns table (source text, day date)
language sql stable parallel safe rows 100
begin atomic
  with recursive
  bounds as (
    select
      coalesce(from_day::timestamp at time zone 'UTC', '-infinity')
        - interval '48 hours' as from_time,
      coalesce(until_day::timestamp at time zone 'UTC', 'infinity')
        + interval '48 hours' as until_time
  ),
  event_days as (
    select date_trunc('day', min(occurred_at), 'UTC') as midnight
    from dds.nl_event
    where occurred_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(event.occurred_at), 'UTC')
      from dds.nl_event as event
      where event.occurred_at >= event_days.midnight + interval '24 hours'
    )
    from event_days
    where event_days.midnight < (select until_time from bounds)
  ),
  cost_days as (
    select date_trunc('day', min(applied_at), 'UTC') as midnight
    from dds.s_order_cost
    where applied_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(said.applied_at), 'UTC')
      from dds.s_order_cost as said
      where said.applied_at >= cost_days.midnight + interval '24 hours'
    )
    from cost_days
    where cost_days.midnight < (select until_time from bounds)
  ),
  line_days as (
    select date_trunc('day', min(applied_at), 'UTC') as midnight
    from dds.s_order_line
    where applied_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(said.applied_at), 'UTC')
      from dds.s_order_line as said
      where said.applied_at >= line_days.midnight + interval '24 hours'
    )
    from line_days
    where line_days.midnight < (select until_time from bounds)
  ),
  status_days as (
    select date_trunc('day', min(status_at), 'UTC') as midnight
    from dds.s_order_status
    where status_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(said.status_at), 'UTC')
      from dds.s_order_status as said
      where said.status_at >= status_days.midnight + interval '24 hours'
    )
    from status_days
    where status_days.midnight < (select until_time from bounds)
  ),
  midnights as (
    select midnight from event_days
    union
    select midnight from cost_days
    union
    select midnight from line_days
    union
    select midnight from status_days
  ),
  days as (
    select
      ref_source.source,
      dds.day_of(midnights.midnight, ref_source.time_zone) as day
    from midnights
    cross join dds.ref_source
    where midnights.midnight is not null
    union
    select
      ref_source.source,
      dds.day_of(
        midnights.midnight + interval '24 hours' - interval '1 microsecond',
        ref_source.time_zone
      )
    from midnights
    cross join dds.ref_source
    where midnights.midnight is not null
  )
  select days.source, days.day
  from days
  where days.day >= coalesce(from_day, '-infinity')
    and days.day < coalesce(until_day, 'infinity');
end;

comment on function dds.days_with_rows is
  'Days, in the zone of each source, on which an event happened or something was said of an order';

-- Offline answers gave a day before all rates those of a later year. Such a rate is none, and what was
-- converted by it is loaded anew.
with mended as (
  delete from dds.ref_fx_rate
  where provider = 'offline' and rate_date < '2024-01-01' and quote <> 'USD'
  returning rate_date
),
new_load as (
  insert into dds.load (
    log_id, topic, ranges, state, rule_version, count_raw, count_staged,
    count_duplicates, count_quarantined, finished_at, questions_noted_at,
    has_keys
  )
  select
    'lookup', 'fx', '[]', 'finished', 0, 0, 0, 0, 0, clock_timestamp(), now(),
    true
  where exists (select from mended)
  returning load_id
)
insert into dds.load_day (load_id, source, day, is_whole)
select new_load.load_id, with_rows.source, with_rows.day, true
from new_load
cross join lateral dds.days_with_rows(null, '2024-01-01') as with_rows;

-- Days that such a rate opened have nothing to load: neither the loads nor a batch that is still on its way
-- keep them.
delete from dds.load_day
using dds.load
where load.load_id = load_day.load_id
  and load.log_id = 'lookup'
  and load.topic = 'fx'
  and not exists (
    select
    from dds.days_with_rows(load_day.day, load_day.day + 1) as with_rows
    where with_rows.source = load_day.source
  );
delete from dds.mart_batch_day
using dds.mart_batch
where mart_batch.batch_id = mart_batch_day.batch_id
  and mart_batch.state = 'frozen'
  and not exists (
    select
    from dds.load_day
    where load_day.source = mart_batch_day.source
      and load_day.day = mart_batch_day.day
  )
  and not exists (
    select
    from dds.days_with_rows(mart_batch_day.day, mart_batch_day.day + 1)
      as with_rows
    where with_rows.source = mart_batch_day.source
  );
