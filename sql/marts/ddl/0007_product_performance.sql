-- Grain: source, day, product. Kind: mart, its touched days replaced at once.
-- Filled by load/product_performance.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.product_performance (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  product_id String comment 'Product',
  category LowCardinality(String) comment 'Its latest category, or unknown',
  views UInt64 comment 'Views',
  viewers UInt64 comment 'Distinct users that looked',
  carts UInt64 comment 'Times put into a cart',
  orders UInt64 comment 'Orders in any status with a line of it',
  units Decimal(38, 4) comment 'Units in lines of closed orders',
  revenue Nullable(Decimal(38, 4))
    comment 'Lines of closed orders in REPORTING_CURRENCY; null: no rate is known for any of them',
  pending_lines UInt64
    comment 'Lines of closed orders that are not in revenue, for their rate is not known yet',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, product_id)
comment 'Products day by day';
