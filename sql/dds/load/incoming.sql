-- Grain: one message of the load that is being validated: an event, or a reason why not.
-- Kind: temporary, filled by COPY, gone with the transaction. Reads: nothing.
create temporary table incoming (
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  kafka_offset bigint not null,
  reason text,
  detail text,
  source text,
  event_id text,
  event_type text,
  schema_version int,
  occurred_at timestamptz,
  user_id text,
  session_id text,
  product_id text,
  category text,
  order_id text,
  campaign_id text,
  platform text,
  quantity numeric(20, 4),
  unit_price numeric(20, 4),
  currency text,
  action text,
  cost numeric(20, 4),
  weather text,
  temperature_c numeric(5, 2),
  payload jsonb,
  payload_hash uuid,
  said_order dds.incoming_order,
  said_lines dds.incoming_line[],
  said_statuses dds.incoming_status[],
  said_products dds.incoming_product[],
  -- Those that the contract of its source has not.
  new_fields jsonb,
  -- However wrong the planner guesses how many are accepted, each is found at once.
  primary key (kafka_partition, kafka_offset)
) on commit drop
