-- Grain: source, day. Kind: mart, its touched days replaced at once.
-- Filled by load/daily_business_summary.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.daily_business_summary (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  orders UInt64 comment 'Orders of the day in any status',
  closed UInt64 comment 'Of these, CLOSED',
  cancelled UInt64 comment 'Of these, CANCELLED',
  units Decimal(38, 4) comment 'Units in lines of closed orders',
  revenue Nullable(Decimal(38, 4))
    comment 'Lines of closed orders in REPORTING_CURRENCY; null: no rate is known for any of them',
  pending_lines UInt64
    comment 'Lines of closed orders that are not in revenue, for their rate is not known yet',
  average_order_value Nullable(Float64) comment 'revenue ÷ closed, null without closed orders',
  customers UInt64 comment 'Distinct users with an order',
  new_users UInt64 comment 'Users that signed up on the day',
  sessions UInt64 comment 'Sessions that began on the day',
  views UInt64 comment 'Views of products',
  conversion Nullable(Float64) comment 'orders ÷ sessions, null without sessions',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day)
comment 'The shop day by day';
