-- title: Weather and visits
-- description: Visits to a city in an hour of this weather in which anybody was there; last 90 days
-- group: Places and weather
-- display: bar
-- x: weather
-- y: sessions_per_hour, orders_per_hour
with visits as (
  select
    weather,
    sum(sessions) as sessions,
    sum(orders) as orders
  from weather_impact
  where source = 'terrace'
    and city <> 'unknown'
    and weather not in ('unknown', 'unavailable')
    and day > (
      select max(day) - 90
      from weather_impact
      where source = 'terrace'
    )
  group by weather
),
hours as (
  select
    weather,
    uniqExact(country, city, toStartOfHour(occurred_at)) as hours
  from fct_event
  where source = 'terrace'
    and city <> 'unknown'
    and weather not in ('unknown', 'unavailable')
    and day > (
      select max(day) - 90
      from weather_impact
      where source = 'terrace'
    )
  group by weather
)
select
  visits.weather as weather,
  visits.sessions / nullIf(hours.hours, 0) as sessions_per_hour,
  visits.orders / nullIf(hours.hours, 0) as orders_per_hour
from visits
left join hours on hours.weather = visits.weather
order by sessions_per_hour desc, weather
