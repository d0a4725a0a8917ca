-- Loads of days read the events and orders of those days by their times.

-- When the given days begin and end, in the zones of all sources: from the first to the last moment
-- that is one of them somewhere, and two hours more on either side for clocks that are set at midnight.
create function dds.times_of(days date[])
returns table (from_time timestamptz, until_time timestamptz)
language sql stable parallel safe rows 1
begin atomic
  select
    min(asked.day::timestamp at time zone zones.time_zone)
      - interval '2 hours' as from_time,
    max((asked.day + 1)::timestamp at time zone zones.time_zone)
      + interval '2 hours' as until_time
  from unnest(days) as asked (day)
  cross join (
    select time_zone
    from dds.ref_source
    union
    select 'UTC' as time_zone
  ) as zones;
end;

comment on function dds.times_of is
  'From when to when the days last, in the zones of all sources, with two hours on either side';
