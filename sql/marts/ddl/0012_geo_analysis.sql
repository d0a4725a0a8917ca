-- Grain: source, day, country, city. Kind: mart, its touched days replaced at once.
-- Filled by load/geo_analysis.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.geo_analysis (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  country LowCardinality(String) comment 'Country, ISO 3166-1 alpha-2, or unknown',
  city LowCardinality(String) comment 'City, or unknown',
  users UInt64 comment 'Distinct users with an event of a session there',
  sessions UInt64 comment 'Sessions that began on the day',
  views UInt64 comment 'Views of products',
  orders UInt64 comment 'Orders in any status',
  revenue Nullable(Decimal(38, 4))
    comment 'Lines of closed orders in REPORTING_CURRENCY; null: no rate is known for any of them',
  pending_lines UInt64
    comment 'Lines of closed orders that are not in revenue, for their rate is not known yet',
  revenue_rank UInt64 comment 'Rank by revenue within source and day, from 1',
  needs_attention Bool
    comment 'Many sessions, few orders: worth a look',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, country, city)
comment 'Places day by day';
