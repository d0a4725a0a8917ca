-- Grain: source, day, product. Kind: mart, its touched days replaced at once.
-- Filled by daily_product_quantity/load.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.daily_product_quantity (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  product_id String comment 'Product',
  quantity Decimal(38, 4) comment 'Units in lines of orders received, in any status',
  sales Nullable(Decimal(38, 4)) comment 'Lines that are revenue, in currency; null: none is known',
  currency LowCardinality(Nullable(String)) comment 'Currency of the marts of the source',
  pending_lines UInt64 comment 'Lines of revenue that have no amount yet, and are not in sales',
  unpriced_lines UInt64 comment 'Lines that were sent without a price: they are never in sales',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, product_id)
comment 'Products sold, day by day';
