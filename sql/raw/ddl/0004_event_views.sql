-- The rest of the typed views over raw.user_events: one for every kind of event that the shop sends. As
-- in 0002_views.sql they are for people, and messages that are not of the kind are not in them.

create or replace view raw.events as
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
  message #>> '{payload,platform}' as platform,
  message #>> '{payload,campaign_id}' as campaign_id,
  message #>> '{payload,referrer}' as referrer,
  message #>> '{payload,weather,condition}' as weather,
  message #>> '{payload,weather,temperature_c}' as temperature_c
from messages
where message ->> 'type' in (
  'view', 'cart', 'purchase', 'session_start', 'session_end'
);

create view raw.user_devices as
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
  message #>> '{payload,session_id}' as session_id,
  message #>> '{payload,device_type}' as device_type,
  message #>> '{payload,os}' as os,
  message #>> '{payload,browser}' as browser,
  message #>> '{payload,app_version}' as app_version
from messages
where message ->> 'type' = 'user_device';

create view raw.user_locations as
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
  message #>> '{payload,session_id}' as session_id,
  message #>> '{payload,lat}' as lat,
  message #>> '{payload,lon}' as lon,
  message #>> '{payload,city}' as city,
  message #>> '{payload,country}' as country
from messages
where message ->> 'type' = 'user_location';

create view raw.orders as
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
  message #>> '{payload,order_id}' as order_id,
  message #>> '{payload,user_id}' as user_id,
  message #>> '{payload,session_id}' as session_id,
  message #>> '{payload,campaign_id}' as campaign_id,
  message #>> '{payload,currency}' as currency,
  message #>> '{payload,cost}' as cost
from messages
where message ->> 'type' = 'order';

create view raw.order_items as
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
  message #>> '{payload,order_id}' as order_id,
  message #>> '{payload,line_no}' as line_no,
  message #>> '{payload,product_id}' as product_id,
  message #>> '{payload,quantity}' as quantity,
  message #>> '{payload,unit_price}' as unit_price
from messages
where message ->> 'type' = 'order_item';

create view raw.campaign_events as
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
  message #>> '{payload,campaign_id}' as campaign_id,
  message #>> '{payload,name}' as name,
  message #>> '{payload,channel}' as channel,
  message #>> '{payload,action}' as action,
  message #>> '{payload,cost}' as cost,
  message #>> '{payload,currency}' as currency,
  message #>> '{payload,user_id}' as user_id,
  message #>> '{payload,session_id}' as session_id
from messages
where message ->> 'type' = 'campaign_event';

create view raw.order_status_events as
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
  message #>> '{payload,order_id}' as order_id,
  message #>> '{payload,status}' as status,
  raw.timestamptz_or_null(message #>> '{payload,at}') as at
from messages
where message ->> 'type' = 'order_status';

comment on view raw.events is
  'One message of type view, cart, purchase, session_start or session_end; not validated';
comment on column raw.events.topic is 'Topic';
comment on column raw.events.kafka_partition is 'Partition of the topic';
comment on column raw.events.kafka_offset is 'Offset in the partition';
comment on column raw.events.log_id is 'Log it was read from';
comment on column raw.events.received_at is 'When the log took it';
comment on column raw.events.source is 'Header source, unknown without one';
comment on column raw.events.event_id is 'Event id as the message states it';
comment on column raw.events.event_type is 'Type of the message';
comment on column raw.events.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.events.session_id is 'Session';
comment on column raw.events.user_id is 'User';
comment on column raw.events.product_id is 'Product';
comment on column raw.events.product_name is 'Name of the product';
comment on column raw.events.category is 'Category of the product';
comment on column raw.events.price is 'Price of the product';
comment on column raw.events.currency is 'Currency of the price';
comment on column raw.events.quantity is 'Units';
comment on column raw.events.platform is 'desktop, mobile-app, mobile-web';
comment on column raw.events.campaign_id is
  'Campaign that the session came from';
comment on column raw.events.referrer is 'Page that the session came from';
comment on column raw.events.weather is 'Weather that the message brought';
comment on column raw.events.temperature_c is
  'Degrees Celsius that the message brought';
comment on column raw.user_profiles.topic is 'Topic';
comment on column raw.user_profiles.kafka_partition is 'Partition of the topic';
comment on column raw.user_profiles.kafka_offset is 'Offset in the partition';
comment on column raw.user_profiles.log_id is 'Log it was read from';
comment on column raw.user_profiles.received_at is 'When the log took it';
comment on column raw.user_profiles.source is
  'Header source, unknown without one';
comment on column raw.user_profiles.event_id is
  'Event id as the message states it';
comment on column raw.user_profiles.event_type is 'Type of the message';
comment on column raw.user_profiles.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.user_profiles.user_id is 'User';
comment on column raw.user_profiles.email is 'Mail address';
comment on column raw.user_profiles.name is 'Name';
comment on column raw.user_profiles.gender is 'Gender';
comment on column raw.user_profiles.birth_date is 'Date of birth';
comment on column raw.user_profiles.registered_at is 'When the user registered';
comment on column raw.user_profiles.language is 'Language';
comment on view raw.user_devices is
  'One message of type user_device; not validated';
comment on column raw.user_devices.topic is 'Topic';
comment on column raw.user_devices.kafka_partition is 'Partition of the topic';
comment on column raw.user_devices.kafka_offset is 'Offset in the partition';
comment on column raw.user_devices.log_id is 'Log it was read from';
comment on column raw.user_devices.received_at is 'When the log took it';
comment on column raw.user_devices.source is
  'Header source, unknown without one';
comment on column raw.user_devices.event_id is
  'Event id as the message states it';
comment on column raw.user_devices.event_type is 'Type of the message';
comment on column raw.user_devices.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.user_devices.user_id is 'User';
comment on column raw.user_devices.session_id is 'Session';
comment on column raw.user_devices.device_type is 'desktop, mobile, tablet';
comment on column raw.user_devices.os is 'Operating system';
comment on column raw.user_devices.browser is 'Browser';
comment on column raw.user_devices.app_version is 'Version of the app';
comment on view raw.user_locations is
  'One message of type user_location; not validated';
comment on column raw.user_locations.topic is 'Topic';
comment on column raw.user_locations.kafka_partition is
  'Partition of the topic';
comment on column raw.user_locations.kafka_offset is 'Offset in the partition';
comment on column raw.user_locations.log_id is 'Log it was read from';
comment on column raw.user_locations.received_at is 'When the log took it';
comment on column raw.user_locations.source is
  'Header source, unknown without one';
comment on column raw.user_locations.event_id is
  'Event id as the message states it';
comment on column raw.user_locations.event_type is 'Type of the message';
comment on column raw.user_locations.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.user_locations.user_id is 'User';
comment on column raw.user_locations.session_id is 'Session';
comment on column raw.user_locations.lat is 'Degrees north';
comment on column raw.user_locations.lon is 'Degrees east';
comment on column raw.user_locations.city is 'City; null until it is looked up';
comment on column raw.user_locations.country is
  'Country, ISO 3166-1 alpha-2; null until it is looked up';
comment on view raw.orders is
  'One message of type order; not validated';
comment on column raw.orders.topic is 'Topic';
comment on column raw.orders.kafka_partition is 'Partition of the topic';
comment on column raw.orders.kafka_offset is 'Offset in the partition';
comment on column raw.orders.log_id is 'Log it was read from';
comment on column raw.orders.received_at is 'When the log took it';
comment on column raw.orders.source is 'Header source, unknown without one';
comment on column raw.orders.event_id is 'Event id as the message states it';
comment on column raw.orders.event_type is 'Type of the message';
comment on column raw.orders.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.orders.order_id is 'Order';
comment on column raw.orders.user_id is 'User';
comment on column raw.orders.session_id is 'Session';
comment on column raw.orders.campaign_id is
  'Campaign that the order is attributed to';
comment on column raw.orders.currency is 'Currency of the order and its lines';
comment on column raw.orders.cost is 'What the order itself says it costs';
comment on view raw.order_items is
  'One message of type order_item; not validated';
comment on column raw.order_items.topic is 'Topic';
comment on column raw.order_items.kafka_partition is 'Partition of the topic';
comment on column raw.order_items.kafka_offset is 'Offset in the partition';
comment on column raw.order_items.log_id is 'Log it was read from';
comment on column raw.order_items.received_at is 'When the log took it';
comment on column raw.order_items.source is
  'Header source, unknown without one';
comment on column raw.order_items.event_id is
  'Event id as the message states it';
comment on column raw.order_items.event_type is 'Type of the message';
comment on column raw.order_items.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.order_items.order_id is 'Order';
comment on column raw.order_items.line_no is 'Number of the line, from 1';
comment on column raw.order_items.product_id is 'Product';
comment on column raw.order_items.quantity is 'Units';
comment on column raw.order_items.unit_price is 'Price of one unit';
comment on view raw.campaign_events is
  'One message of type campaign_event; not validated';
comment on column raw.campaign_events.topic is 'Topic';
comment on column raw.campaign_events.kafka_partition is
  'Partition of the topic';
comment on column raw.campaign_events.kafka_offset is 'Offset in the partition';
comment on column raw.campaign_events.log_id is 'Log it was read from';
comment on column raw.campaign_events.received_at is 'When the log took it';
comment on column raw.campaign_events.source is
  'Header source, unknown without one';
comment on column raw.campaign_events.event_id is
  'Event id as the message states it';
comment on column raw.campaign_events.event_type is 'Type of the message';
comment on column raw.campaign_events.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.campaign_events.campaign_id is 'Campaign';
comment on column raw.campaign_events.name is 'Name of the campaign';
comment on column raw.campaign_events.channel is
  'Channel, such as search or email';
comment on column raw.campaign_events.action is 'impression, click, conversion';
comment on column raw.campaign_events.cost is 'What it cost the shop';
comment on column raw.campaign_events.currency is 'Currency of the cost';
comment on column raw.campaign_events.user_id is 'User, where known';
comment on column raw.campaign_events.session_id is 'Session, where known';
comment on view raw.order_status_events is
  'One message of type order_status; not validated';
comment on column raw.order_status_events.topic is 'Topic';
comment on column raw.order_status_events.kafka_partition is
  'Partition of the topic';
comment on column raw.order_status_events.kafka_offset is
  'Offset in the partition';
comment on column raw.order_status_events.log_id is 'Log it was read from';
comment on column raw.order_status_events.received_at is 'When the log took it';
comment on column raw.order_status_events.source is
  'Header source, unknown without one';
comment on column raw.order_status_events.event_id is
  'Event id as the message states it';
comment on column raw.order_status_events.event_type is 'Type of the message';
comment on column raw.order_status_events.occurred_at is
  'When it happened; null when that is no time';
comment on column raw.order_status_events.order_id is 'Order';
comment on column raw.order_status_events.status is
  'OPEN, COOKING, DELIVERING, CLOSED, CANCELLED';
comment on column raw.order_status_events.at is
  'Since when; null when that is no time';
