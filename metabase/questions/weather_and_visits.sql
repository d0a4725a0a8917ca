-- title: Weather and visits
-- description: Sessions of a city on a day with this weather, last 90 days
-- group: Places and weather
-- display: bar
-- x: weather
-- y: sessions_per_city_day, orders_per_city_day
select
  weather,
  sum(sessions) / count() as sessions_per_city_day,
  sum(orders) / count() as orders_per_city_day
from weather_impact
where source = 'terrace'
  and weather not in ('unknown', 'unavailable')
  and day > (select max(day) - 90 from weather_impact)
group by weather
order by sessions_per_city_day desc, weather
