-- Grain: one event. Kind: fact, its days replaced as a whole. Reads: dds.nl_event and its hubs.
--
-- partition by day, because a day is what late data reopens and replace partition publishes
-- (a month would reload 30 times as much for one late event). order by source and time: every mart
-- reads ranges of time of one source; event_hk makes the order, and so any checksum, total.
create table if not exists marts.fct_event (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day of the event in the zone of its source',
  occurred_at DateTime64(6, 'UTC') comment 'When it happened',
  event_hk UUID comment 'Hash of source and event id',
  event_id String comment 'Event id within the source',
  event_type LowCardinality(String) comment 'Kind of event',
  user_id Nullable(String) comment 'User, null when the event has none',
  session_id Nullable(String) comment 'Session, null when the event has none',
  product_id Nullable(String) comment 'Product, null when the event has none',
  platform LowCardinality(Nullable(String)) comment 'desktop, mobile-app, mobile-web',
  quantity Nullable(Decimal(20, 4)) comment 'Units, where the kind has them',
  unit_price Nullable(Decimal(20, 4)) comment 'Price that the event states',
  currency LowCardinality(Nullable(String)) comment 'Currency of unit_price'
)
engine = MergeTree
partition by day
order by (source, occurred_at, event_hk)
comment 'One event of any kind';
