-- Grain: one message of the load, to exactly one of dds.stage_event, raw.duplicate, raw.quarantine;
-- what an accepted one says of orders and products; and the row of dds.load that counts them.
-- Kind: insert-only, in the watermark's transaction. Reads: incoming, dds.nl_event, dds.stage_event,
-- dds.stage_order_status, dds.s_order_status, raw.message (bytes for quarantine).
-- Parameters: $1 log, $2 topic, $3 ranges, $4 rule version.
--
-- The first message of an event id in (partition, offset) order is the event. Another one with the
-- same content is a duplicate, with other content a conflict that people must look at. A status that
-- an order takes after CLOSED is refused when its order is known to be closed by then.
with keyed as (
  select
    kafka_partition,
    kafka_offset,
    payload_hash,
    dds.hash_key(source, event_id) as event_hk
  from incoming
  where reason is null
),
statuses as (
  select
    kafka_partition,
    kafka_offset,
    dds.hash_key(source, event_id) as event_hk,
    dds.hash_key(source, order_id) as order_hk,
    said.status,
    said.status_at
  from incoming
  cross join lateral unnest(said_statuses) as said
  where reason is null and said_statuses is not null
),
-- A message closes its order when it is the event of its id; a duplicate of an
-- accepted one is known by that one, and a conflict is refused and says nothing.
-- Materialized: within the join below it was computed anew for each status.
closers as materialized (
  select first_of_id.kafka_partition, first_of_id.kafka_offset
  from (
    select distinct on (event_hk) event_hk, kafka_partition, kafka_offset
    from keyed
    where event_hk in (select event_hk from statuses where status = 'CLOSED')
    order by event_hk, kafka_partition, kafka_offset
  ) as first_of_id
  where not exists (
      select from dds.nl_event as loaded
      where loaded.event_hk = first_of_id.event_hk
    )
    and not exists (
      select from dds.stage_event as staged
      where staged.event_hk = first_of_id.event_hk
    )
),
-- When each order was known to be closed: before this load (place -1), or by
-- one of its own messages.
closings as (
  select
    order_hk,
    -1 as kafka_partition,
    -1 as kafka_offset,
    'CLOSED' as status,
    status_at
  from dds.s_order_status
  where status = 'CLOSED' and order_hk in (select order_hk from statuses)
  union all
  select
    order_hk,
    -1 as kafka_partition,
    -1 as kafka_offset,
    'CLOSED' as status,
    status_at
  from dds.stage_order_status
  where status = 'CLOSED' and order_hk in (select order_hk from statuses)
  union all
  select
    order_hk,
    kafka_partition,
    kafka_offset,
    case when status <> 'CLOSED' or closers.kafka_offset is not null then status
    end as status,
    status_at
  from statuses
  left join closers using (kafka_partition, kafka_offset)
),
-- A window and not a join of statuses with closings, which was quadratic. The
-- statuses of one message are one group: none of them came before another.
followed as (
  select
    kafka_partition,
    kafka_offset,
    status,
    status_at,
    min(status_at) filter (where status = 'CLOSED') over (
      partition by order_hk
      order by kafka_partition, kafka_offset
      groups between unbounded preceding and 1 preceding
    ) as closed_at
  from closings
),
too_late as (
  select distinct on (kafka_partition, kafka_offset)
    kafka_partition, kafka_offset, status, status_at
  from followed
  where status <> 'CLOSED' and status_at > closed_at
  order by kafka_partition, kafka_offset, status_at, status
),
ranked as (
  select
    keyed.*,
    too_late.kafka_offset is not null as is_too_late,
    row_number() over place as nth,
    case when not first_value(too_late.kafka_offset is not null) over place
      then first_value(payload_hash) over place end as first_hash
  from keyed
  left join too_late using (kafka_partition, kafka_offset)
  window place as (
    partition by event_hk
    order by
      too_late.kafka_offset is not null, kafka_partition, kafka_offset
  )
),
-- One look-up a message: a join would read all events that there are when it guesses wrong.
-- Materialized: it is asked for twice below.
known as materialized (
  select
    ranked.*,
    coalesce(
      (
        select loaded.payload_hash
        from dds.nl_event as loaded
        where loaded.event_hk = ranked.event_hk
      ),
      (
        select staged.payload_hash
        from dds.stage_event as staged
        where staged.event_hk = ranked.event_hk
      )
    ) as known_hash
  from ranked
),
-- A flag: the planner takes conditions on what is computed for one in hundreds, and would look for each of the
-- accepted messages by itself.
judged as (
  select
    known.*,
    coalesce(known_hash, first_hash) as accepted_hash,
    known_hash is null and nth = 1 and not is_too_late as is_accepted
  from known
),
accepted as (
  select event_hk, kafka_partition, kafka_offset
  from judged
  where is_accepted
),
repeated as (
  select kafka_partition, kafka_offset
  from judged
  where payload_hash = accepted_hash and (known_hash is not null or nth > 1)
),
refused as (
  select kafka_partition, kafka_offset, event_id, reason, detail
  from incoming
  where reason is not null
  union all
  select
    kafka_partition,
    kafka_offset,
    incoming.event_id,
    'event_id_conflict',
    'Event id ' || incoming.event_id || ' of ' || incoming.source
      || ' was accepted before with another payload.'
  from judged
  inner join incoming using (kafka_partition, kafka_offset)
  where judged.payload_hash <> judged.accepted_hash
  union all
  select
    kafka_partition,
    kafka_offset,
    incoming.event_id,
    'status_after_closed',
    'Order ' || incoming.order_id || ' of ' || incoming.source
      || ': found status ' || too_late.status || ' at '
      || rtrim(
        rtrim(
          to_char(
            too_late.status_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'
          ),
          '0'
        ),
        '.'
      )
      || 'Z, but the order was closed before that, and CLOSED is final.'
  from judged
  inner join incoming using (kafka_partition, kafka_offset)
  inner join too_late using (kafka_partition, kafka_offset)
  where judged.is_too_late and judged.accepted_hash is null
),
new_load as (
  insert into dds.load (
    log_id, topic, ranges, state, rule_version,
    count_raw, count_staged, count_duplicates, count_quarantined
  )
  select
    $1::text,
    $2::text,
    $3::jsonb,
    'staged',
    $4::int,
    (select count(*) from incoming),
    (select count(*) from accepted),
    (select count(*) from repeated),
    (select count(*) from refused)
  returning load_id, count_raw, count_duplicates, count_quarantined
),
staging as (
  insert into dds.stage_event (
    event_hk, load_id, source, event_id, event_type, schema_version,
    occurred_at, user_id, session_id, product_id, category, order_id,
    campaign_id, platform, user_hk, session_hk, product_hk, category_hk,
    order_hk, campaign_hk, quantity, unit_price, currency, action, cost,
    weather, temperature_c, payload, payload_hash, log_id, topic,
    kafka_partition, kafka_offset
  )
  select
    accepted.event_hk,
    new_load.load_id,
    source,
    event_id,
    event_type,
    schema_version,
    occurred_at,
    user_id,
    session_id,
    product_id,
    category,
    order_id,
    campaign_id,
    platform,
    coalesce(dds.hash_key(source, user_id), dds.ghost_key()),
    coalesce(dds.hash_key(source, session_id), dds.ghost_key()),
    coalesce(dds.hash_key(source, product_id), dds.ghost_key()),
    coalesce(dds.hash_key(source, category), dds.ghost_key()),
    coalesce(dds.hash_key(source, order_id), dds.ghost_key()),
    coalesce(dds.hash_key(source, campaign_id), dds.ghost_key()),
    quantity,
    unit_price,
    currency,
    action,
    cost,
    weather,
    temperature_c,
    payload,
    payload_hash,
    log_id,
    topic,
    kafka_partition,
    kafka_offset
  from accepted
  inner join incoming using (kafka_partition, kafka_offset)
  cross join new_load
),
staging_orders as (
  insert into dds.stage_order (
    event_hk, load_id, source, order_id, order_hk, ordered_at, updated_at,
    cost, currency, version_hk
  )
  select
    accepted.event_hk,
    new_load.load_id,
    source,
    order_id,
    dds.hash_key(source, order_id),
    (said_order).ordered_at,
    (said_order).updated_at,
    (said_order).cost,
    (said_order).currency,
    case when (said_order).is_whole then payload_hash end
  from accepted
  inner join incoming using (kafka_partition, kafka_offset)
  cross join new_load
  where (said_order).updated_at is not null
),
staging_lines as (
  insert into dds.stage_order_line (
    event_hk, load_id, source, order_id, order_hk, line_no, product_id,
    product_hk, order_product_hk, updated_at, quantity, unit_price, version_hk
  )
  select
    accepted.event_hk,
    new_load.load_id,
    source,
    order_id,
    dds.hash_key(source, order_id),
    line.line_no,
    line.product_id,
    dds.hash_key(source, line.product_id),
    dds.hash_key(source, order_id, line.line_no::text, line.product_id),
    coalesce((said_order).updated_at, occurred_at),
    line.quantity,
    line.unit_price,
    case when (said_order).is_whole then payload_hash end
  from accepted
  inner join incoming using (kafka_partition, kafka_offset)
  cross join lateral unnest(said_lines) as line
  cross join new_load
  where said_lines is not null
),
staging_statuses as (
  insert into dds.stage_order_status (
    event_hk, load_id, source, order_hk, status, status_at
  )
  select
    accepted.event_hk,
    new_load.load_id,
    source,
    dds.hash_key(source, order_id),
    said.status,
    said.status_at
  from accepted
  inner join incoming using (kafka_partition, kafka_offset)
  cross join lateral unnest(said_statuses) as said
  cross join new_load
  where said_statuses is not null
),
-- A million views of one product in an hour are one row.
sightings as (
  select distinct
    source,
    seen.product_id,
    seen.category,
    date_trunc('hour', seen.seen_at, 'UTC') as seen_at,
    seen.name,
    seen.price,
    seen.currency
  from accepted
  inner join incoming using (kafka_partition, kafka_offset)
  cross join lateral unnest(said_products) as seen
  where said_products is not null
),
staging_products as (
  insert into dds.stage_product (
    load_id, source, product_id, product_hk, category, category_hk,
    product_category_hk, seen_at, name, price, currency
  )
  select
    new_load.load_id,
    source,
    product_id,
    dds.hash_key(source, product_id),
    category,
    coalesce(dds.hash_key(source, category), dds.ghost_key()),
    dds.hash_key(source, product_id, category),
    seen_at,
    name,
    price,
    currency
  from sightings
  cross join new_load
),
counting as (
  insert into raw.duplicate (
    log_id, topic, kafka_partition, kafka_offset, load_id, source, event_id
  )
  select
    log_id, topic, kafka_partition, kafka_offset, load_id, source, event_id
  from repeated
  inner join incoming using (kafka_partition, kafka_offset)
  cross join new_load
),
quarantining as (
  insert into raw.quarantine (
    log_id, topic, kafka_partition, kafka_offset, load_id, key, value, source,
    event_id, reason, detail, rule_version
  )
  select
    message.log_id,
    message.topic,
    message.kafka_partition,
    message.kafka_offset,
    new_load.load_id,
    message.key,
    message.value,
    message.source,
    refused.event_id,
    refused.reason,
    refused.detail,
    $4::int
  from refused
  cross join new_load
  cross join lateral (
    select *
    from raw.message
    where topic = $2
      and log_id = $1
      and kafka_partition = refused.kafka_partition
      and kafka_offset = refused.kafka_offset
    limit 1
  ) as message
)
select load_id, count_raw, count_duplicates, count_quarantined
from new_load
