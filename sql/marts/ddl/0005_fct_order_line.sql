-- Grain: one line of one order, on the day of the order. An order whose lines have not come yet
-- has one row with line_no 0 and no product, so that orders can be counted here.
-- Kind: fact, its days replaced as a whole. Reads: dds.order_now and the lines.
--
-- Partition and order as in fct_event.
create table if not exists marts.fct_order_line (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day of the order in the zone of the source',
  ordered_at DateTime64(6, 'UTC') comment 'When it was ordered',
  order_id String comment 'Order id within the source',
  line_no UInt32 comment 'Number of the line, from 1; 0: the lines have not come yet',
  user_id Nullable(String) comment 'Customer',
  session_id Nullable(String) comment 'Session in which it was ordered',
  campaign_id Nullable(String) comment 'Campaign it is attributed to',
  product_id Nullable(String) comment 'Product',
  category LowCardinality(Nullable(String)) comment 'Latest category of the product, or unknown',
  status LowCardinality(String)
    comment 'Status of the order: CLOSED if it ever was, else the latest',
  is_revenue Bool comment 'Whether the line counts as revenue: the order is CLOSED',
  quantity Nullable(Decimal(20, 4)) comment 'Units',
  unit_price Nullable(Decimal(20, 4)) comment 'Price of one unit in currency',
  currency LowCardinality(Nullable(String)) comment 'Currency of the order; null: not said yet',
  amount Nullable(Decimal(38, 4)) comment 'quantity × unit_price in currency',
  fx_rate Nullable(Decimal(38, 10)) comment 'Units of REPORTING_CURRENCY for one of currency',
  amount_reporting Nullable(Decimal(38, 4))
    comment 'amount in REPORTING_CURRENCY at the rate of the day; null while none is known',
  device_type LowCardinality(String)
    comment 'Device of the session: desktop, mobile, tablet, unknown',
  os LowCardinality(String) comment 'Operating system of the session, or unknown',
  city LowCardinality(String) comment 'City of the session, or unknown',
  country LowCardinality(String) comment 'Country of the session, ISO 3166-1 alpha-2, or unknown',
  weather LowCardinality(String)
    comment 'Weather there in the hour of the order; unknown while pending',
  temperature_c Nullable(Decimal(5, 2)) comment 'Degrees Celsius of that weather'
)
engine = MergeTree
partition by day
order by (source, ordered_at, order_id, line_no)
comment 'One line of one order';
