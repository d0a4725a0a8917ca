-- Grain: source, day, device type, system. Kind: mart, its touched days replaced at once.
-- Filled by load/device_analysis.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.device_analysis (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  device_type LowCardinality(String) comment 'desktop, mobile, tablet, unknown',
  os LowCardinality(String) comment 'Operating system, or unknown',
  users UInt64 comment 'Distinct users with an event of a session on it',
  sessions UInt64 comment 'Sessions that began on the day',
  views UInt64 comment 'Views of products',
  orders UInt64 comment 'Orders in any status',
  revenue Nullable(Decimal(38, 4))
    comment 'Lines of closed orders in REPORTING_CURRENCY; null: no rate is known for any of them',
  pending_lines UInt64
    comment 'Lines of closed orders that are not in revenue, for their rate is not known yet',
  conversion Nullable(Float64) comment 'orders ÷ sessions, null without sessions',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, device_type, os)
comment 'Devices day by day';
