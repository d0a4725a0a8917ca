-- Grain: one event, as before. What an event belongs to, and how its session, product and place
-- stand now; so every mart of behaviour reads this one table.
alter table marts.fct_event
  add column if not exists order_id Nullable(String)
    comment 'Order of an order, order_item or order_status',
  add column if not exists campaign_id Nullable(String)
    comment 'Campaign of a campaign_event, session_start or order',
  add column if not exists action LowCardinality(Nullable(String))
    comment 'impression, click, conversion of a campaign_event; status of an order_status',
  add column if not exists category LowCardinality(Nullable(String))
    comment 'Latest category of the product, unknown without one; null: no product',
  add column if not exists cost Nullable(Decimal(20, 4))
    comment 'What a campaign_event cost, in currency',
  add column if not exists cost_reporting Nullable(Decimal(38, 4))
    comment 'cost in REPORTING_CURRENCY at the rate of the day; null: no cost, or no rate yet',
  add column if not exists device_type LowCardinality(String) default 'unknown'
    comment 'Device of the session: desktop, mobile, tablet, unknown',
  add column if not exists os LowCardinality(String) default 'unknown'
    comment 'Operating system of the session, or unknown',
  add column if not exists city LowCardinality(String) default 'unknown'
    comment 'City of the session, or unknown',
  add column if not exists country LowCardinality(String) default 'unknown'
    comment 'Country of the session, ISO 3166-1 alpha-2, or unknown',
  add column if not exists weather LowCardinality(String) default 'unknown'
    comment 'Weather that the message brought, else of place and hour; unknown while pending',
  add column if not exists temperature_c Nullable(Decimal(5, 2))
    comment 'Degrees Celsius of that weather';
