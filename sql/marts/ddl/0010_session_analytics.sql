-- Grain: source, day, device type. Kind: mart, its touched days replaced at once.
-- Filled by load/session_analytics.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.session_analytics (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  device_type LowCardinality(String) comment 'desktop, mobile, tablet, unknown',
  sessions UInt64 comment 'Sessions that began on the day',
  bounces UInt64 comment 'Of these, sessions in which at most one thing was done',
  mean_duration_seconds Float64 comment 'First to last event, mean',
  median_duration_seconds Decimal(18, 6) comment 'First to last event, median',
  p95_duration_seconds Decimal(18, 6) comment 'First to last event, 95th percentile',
  events_per_session Float64 comment 'Events of any kind, mean',
  sessions_with_order UInt64 comment 'Sessions in which an order was made',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, device_type)
comment 'Sessions by device, day by day';
