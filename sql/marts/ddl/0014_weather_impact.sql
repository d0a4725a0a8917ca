-- Grain: source, day, city, weather. Kind: mart, its touched days replaced at once.
-- Filled by load/weather_impact.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.weather_impact (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  city LowCardinality(String) comment 'City, or unknown',
  weather LowCardinality(String)
    comment 'clear, clouds, rain, snow, fog, storm, unavailable; unknown while pending',
  sessions UInt64 comment 'Sessions that began on the day in this weather',
  views UInt64 comment 'Views of products in this weather',
  orders UInt64 comment 'Orders in any status made in this weather',
  revenue Nullable(Decimal(38, 4))
    comment 'Lines of closed orders in REPORTING_CURRENCY; null: no rate is known for any of them',
  pending_lines UInt64
    comment 'Lines of closed orders that are not in revenue, for their rate is not known yet',
  mean_temperature_c Nullable(Float64)
    comment 'Mean of the temperatures of all events there in this weather',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, city, weather)
comment 'Weather and visits day by day';
