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
  payload jsonb,
  payload_hash uuid,
  -- However wrong the planner guesses how many are accepted, each is found at once.
  primary key (kafka_partition, kafka_offset)
) on commit drop
