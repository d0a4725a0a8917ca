-- Grain: source, day, user. Kind: mart, its touched days replaced at once.
-- Filled by load/user_engagement.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.user_engagement (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  user_id String comment 'User',
  events UInt64 comment 'Events of any kind',
  sessions UInt64 comment 'Sessions that began on the day',
  views UInt64 comment 'Views of products',
  carts UInt64 comment 'Products put into a cart',
  purchases UInt64 comment 'Products bought',
  active_seconds Decimal(38, 6) comment 'First to last event, summed over these sessions',
  revenue Nullable(Decimal(38, 4))
    comment 'Lines of closed orders in REPORTING_CURRENCY; null: no rate is known for any of them',
  pending_lines UInt64
    comment 'Lines of closed orders that are not in revenue, for their rate is not known yet',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, user_id)
comment 'Users day by day';
