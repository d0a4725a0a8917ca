-- Grain: one accepted event. Kind: non-historised link, insert-only.
-- Reads: dds.stage_event, dds.load. Parameters: $1 load ids.
--
-- A member of the payload is read only for the kinds that have it: in other kinds it was not
-- validated, and may hold anything.
with staged as (
  select
    event_hk, source, event_id, event_type, occurred_at, user_hk, session_hk,
    product_hk, order_hk, campaign_hk, platform, payload, payload_hash,
    event_type in ('view', 'cart', 'purchase') as is_behaviour,
    load_id, log_id, topic, kafka_partition, kafka_offset
  from dds.stage_event
  where load_id = any($1::bigint[])
),
loads as (
  select load_id, staged_at
  from dds.load
),
events as (
  select
    staged.event_hk,
    staged.source,
    staged.event_id,
    staged.event_type,
    staged.occurred_at,
    staged.user_hk,
    staged.session_hk,
    staged.product_hk,
    staged.order_hk,
    staged.campaign_hk,
    staged.platform,
    case
      when staged.is_behaviour or staged.event_type = 'order_item'
        then (staged.payload ->> 'quantity')::numeric(20, 4)
    end as quantity,
    case
      when staged.is_behaviour
        then (staged.payload #>> '{product,price}')::numeric(20, 4)
      when staged.event_type = 'order_item'
        then (staged.payload ->> 'unit_price')::numeric(20, 4)
    end as unit_price,
    case
      when staged.is_behaviour
        then staged.payload #>> '{product,currency}'
      when staged.event_type in ('campaign_event', 'order')
        then staged.payload ->> 'currency'
    end as currency,
    case staged.event_type
      when 'campaign_event' then staged.payload ->> 'action'
      when 'order_status' then staged.payload ->> 'status'
    end as action,
    case
      when staged.event_type = 'campaign_event'
        then (staged.payload ->> 'cost')::numeric(20, 4)
    end as cost,
    case
      when staged.is_behaviour
        then staged.payload #>> '{weather,condition}'
    end as weather,
    case
      when staged.is_behaviour
        then (staged.payload #>> '{weather,temperature_c}')::numeric(5, 2)
    end as temperature_c,
    staged.payload_hash,
    staged.load_id,
    staged.log_id,
    staged.topic,
    staged.kafka_partition,
    staged.kafka_offset,
    loads.staged_at as load_dts,
    staged.source || '.' || staged.topic as record_source
  from staged
  inner join loads using (load_id)
)
insert into dds.nl_event (
  event_hk, source, event_id, event_type, occurred_at, user_hk, session_hk,
  product_hk, order_hk, campaign_hk, platform, quantity, unit_price, currency,
  action, cost, weather, temperature_c, payload_hash, load_id, log_id, topic,
  kafka_partition, kafka_offset, load_dts, record_source
)
select
  event_hk, source, event_id, event_type, occurred_at, user_hk, session_hk,
  product_hk, order_hk, campaign_hk, platform, quantity, unit_price, currency,
  action, cost, weather, temperature_c, payload_hash, load_id, log_id, topic,
  kafka_partition, kafka_offset, load_dts, record_source
from events
on conflict do nothing
