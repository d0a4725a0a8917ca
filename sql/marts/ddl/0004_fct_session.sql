-- Grain: one session. Kind: fact, its days replaced as a whole.
-- Reads: dds.nl_event, dds.session_now.
--
-- A table of its own, because a session may last over midnight: it stands on the day of its first
-- event, with all its events. Partition and order as in fct_event.
create table if not exists marts.fct_session (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day of its first event in the zone of the source',
  started_at DateTime64(6, 'UTC') comment 'First event',
  ended_at DateTime64(6, 'UTC') comment 'Last event',
  duration_seconds Decimal(18, 6) comment 'From the first to the last event',
  session_hk UUID comment 'Hash of source and session id',
  session_id String comment 'Session id within the source',
  user_id Nullable(String) comment 'User of its first event that names one',
  campaign_id Nullable(String) comment 'Campaign of its first event that names one',
  device_type LowCardinality(String) comment 'desktop, mobile, tablet, unknown',
  os LowCardinality(String) comment 'Operating system, or unknown',
  city LowCardinality(String) comment 'City, or unknown',
  country LowCardinality(String) comment 'Country, ISO 3166-1 alpha-2, or unknown',
  weather LowCardinality(String) comment 'Weather of its first event; unknown while pending',
  temperature_c Nullable(Decimal(5, 2)) comment 'Degrees Celsius of that weather',
  events UInt64 comment 'Events of any kind',
  views UInt64 comment 'Products looked at',
  carts UInt64 comment 'Products put into the cart',
  purchases UInt64 comment 'Products bought',
  orders UInt64 comment 'Orders made'
)
engine = MergeTree
partition by day
order by (source, started_at, session_hk)
comment 'One session';
