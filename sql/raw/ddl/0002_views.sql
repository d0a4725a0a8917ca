-- Typed views over raw.user_events, for people. The loads read what clean_and_validate staged.
-- Messages that are not JSON, or not of the kind, are simply not in a view: quarantine has them.

-- Parses without ever failing: a filter pushed below a join must not trip over one bad message.
create function raw.json_or_null(value bytea) returns jsonb
language plpgsql immutable parallel safe as $$
begin
  return convert_from(value, 'UTF8')::jsonb;
exception when others then
  return null;
end
$$;

create function raw.timestamptz_or_null(value text) returns timestamptz
language plpgsql stable parallel safe as $$
begin
  return value::timestamptz;
exception when others then
  return null;
end
$$;

create view raw.events as
with messages as (
  select
    topic, kafka_partition, kafka_offset, log_id, received_at, source,
    raw.json_or_null(value) as message
  from raw.user_events
)
select
  topic,
  kafka_partition,
  kafka_offset,
  log_id,
  received_at,
  source,
  message ->> 'event_id' as event_id,
  message ->> 'type' as event_type,
  raw.timestamptz_or_null(message ->> 'occurred_at') as occurred_at,
  message #>> '{payload,session_id}' as session_id,
  message #>> '{payload,user_id}' as user_id,
  message #>> '{payload,product,product_id}' as product_id,
  message #>> '{payload,product,name}' as product_name,
  message #>> '{payload,product,category}' as category,
  message #>> '{payload,product,price}' as price,
  message #>> '{payload,product,currency}' as currency,
  message #>> '{payload,quantity}' as quantity,
  message #>> '{payload,platform}' as platform
from messages
where message ->> 'type' in ('view', 'cart', 'purchase');

create view raw.user_profiles as
with messages as (
  select
    topic, kafka_partition, kafka_offset, log_id, received_at, source,
    raw.json_or_null(value) as message
  from raw.user_events
)
select
  topic,
  kafka_partition,
  kafka_offset,
  log_id,
  received_at,
  source,
  message ->> 'event_id' as event_id,
  message ->> 'type' as event_type,
  raw.timestamptz_or_null(message ->> 'occurred_at') as occurred_at,
  message #>> '{payload,user_id}' as user_id,
  message #>> '{payload,email}' as email,
  message #>> '{payload,name}' as name,
  message #>> '{payload,gender}' as gender,
  message #>> '{payload,birth_date}' as birth_date,
  message #>> '{payload,registered_at}' as registered_at,
  message #>> '{payload,language}' as language
from messages
where message ->> 'type' in ('signup', 'user_profile');

comment on function raw.json_or_null is 'The message as JSON, null when it is not';
comment on function raw.timestamptz_or_null is 'The text as a time, null when it is not';
comment on view raw.events is 'One message of type view, cart or purchase; not validated';
comment on view raw.user_profiles is 'One message of type signup or user_profile; not validated';
