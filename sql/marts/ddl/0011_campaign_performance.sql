-- Grain: source, day, campaign. Kind: mart, its touched days replaced at once.
-- Filled by load/campaign_performance.sql, which says what each measure is.
--
-- No partitions: replacing the only one swaps all days at once. Questions name a source and days,
-- so these lead the order.
create table if not exists marts.campaign_performance (
  source LowCardinality(String) comment 'Source',
  day Date comment 'Day in the zone of the source',
  campaign_id String comment 'Campaign',
  impressions UInt64 comment 'Times shown',
  clicks UInt64 comment 'Times clicked',
  cost Nullable(Decimal(38, 4))
    comment 'Cost in REPORTING_CURRENCY; null: no rate is known for any of it',
  pending_costs UInt64 comment 'Events whose cost is not in cost, for its rate is not known yet',
  orders UInt64 comment 'Orders in any status attributed to it',
  revenue Nullable(Decimal(38, 4))
    comment 'Lines of closed orders in REPORTING_CURRENCY; null: no rate is known for any of them',
  pending_lines UInt64
    comment 'Lines of closed orders that are not in revenue, for their rate is not known yet',
  click_rate Nullable(Float64) comment 'clicks ÷ impressions, null without impressions',
  cost_per_click Nullable(Float64) comment 'cost ÷ clicks, null without clicks',
  return_on_spend Nullable(Float64) comment 'revenue ÷ cost, null without cost',
  computed_at DateTime64(3, 'UTC') comment 'When the row was computed'
)
engine = MergeTree
order by (source, day, campaign_id)
comment 'Campaigns day by day';
