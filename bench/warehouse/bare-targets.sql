-- The bare limit of raw → dds, its second step: one statement a target, straight from the parsed
-- messages. Statements are separated by empty lines and run side by side, in any order.

insert into dds.nl_event (
  event_hk, source, event_id, event_type, occurred_at, user_hk, session_hk,
  product_hk, order_hk, campaign_hk, platform, quantity, unit_price, currency,
  action, cost, weather, temperature_c, payload_hash, load_id, log_id, topic,
  kafka_partition, kafka_offset, load_dts, record_source
)
select
  dds.hash_key(source, event_id), source, event_id, type, occurred_at, user_hk,
  session_hk, product_hk, order_hk, campaign_hk, payload ->> 'platform',
  (payload ->> 'quantity')::numeric,
  coalesce(product ->> 'price', payload ->> 'unit_price')::numeric,
  coalesce(product ->> 'currency', payload ->> 'currency'),
  coalesce(payload ->> 'action', payload ->> 'status'),
  case when type = 'campaign_event' then (payload ->> 'cost')::numeric end,
  payload #>> '{weather,condition}',
  (payload #>> '{weather,temperature_c}')::numeric,
  payload_hash, 0, log_id, topic, kafka_partition, kafka_offset, now(), 'bare'
from message
on conflict do nothing

insert into dds.h_user (user_hk, source, user_id, load_id, load_dts, record_source)
select distinct user_hk, source, user_id, 0, now(), 'bare'
from message where user_id is not null
on conflict do nothing

insert into dds.h_session (
  session_hk, source, session_id, load_id, load_dts, record_source
)
select distinct session_hk, source, session_id, 0, now(), 'bare'
from message where session_id is not null
on conflict do nothing

insert into dds.h_product (
  product_hk, source, product_id, load_id, load_dts, record_source
)
select distinct product_hk, source, product_id, 0, now(), 'bare'
from message where product_id is not null
on conflict do nothing

insert into dds.h_category (
  category_hk, source, category, load_id, load_dts, record_source
)
select distinct category_hk, source, category, 0, now(), 'bare'
from message where category is not null
on conflict do nothing

insert into dds.h_order (order_hk, source, order_id, load_id, load_dts, record_source)
select distinct order_hk, source, order_id, 0, now(), 'bare'
from message where order_id is not null
on conflict do nothing

insert into dds.h_campaign (
  campaign_hk, source, campaign_id, load_id, load_dts, record_source
)
select distinct campaign_hk, source, campaign_id, 0, now(), 'bare'
from message where campaign_id is not null
on conflict do nothing

insert into dds.h_location (
  location_hk, source, location_id, latitude, longitude, load_id, load_dts,
  record_source
)
select distinct
  dds.hash_key(source, location_id), source, location_id,
  round((payload ->> 'lat')::numeric, 1),
  round((payload ->> 'lon')::numeric, 1), 0, now(), 'bare'
from message where location_id is not null
on conflict do nothing

insert into dds.l_session_user (
  session_user_hk, session_hk, user_hk, load_id, load_dts, record_source
)
select distinct
  dds.hash_key(source, session_id, user_id), session_hk, user_hk, 0, now(), 'bare'
from message where session_id is not null and user_id is not null
on conflict do nothing

insert into dds.l_session_location (
  session_location_hk, session_hk, location_hk, load_id, load_dts, record_source
)
select distinct
  dds.hash_key(source, session_id, location_id), session_hk,
  dds.hash_key(source, location_id), 0, now(), 'bare'
from message where location_id is not null
on conflict do nothing

insert into dds.l_product_category (
  product_category_hk, product_hk, category_hk, load_id, load_dts, record_source
)
select distinct
  dds.hash_key(source, product_id, category), product_hk, category_hk, 0, now(),
  'bare'
from message where category is not null
on conflict do nothing

insert into dds.l_order_user (
  order_user_hk, order_hk, user_hk, load_id, load_dts, record_source
)
select distinct
  dds.hash_key(source, order_id, user_id), order_hk, user_hk, 0, now(), 'bare'
from message where type = 'order'
on conflict do nothing

insert into dds.l_order_session (
  order_session_hk, order_hk, session_hk, load_id, load_dts, record_source
)
select distinct
  dds.hash_key(source, order_id, session_id), order_hk, session_hk, 0, now(),
  'bare'
from message where type = 'order'
on conflict do nothing

insert into dds.l_order_campaign (
  order_campaign_hk, order_hk, campaign_hk, load_id, load_dts, record_source
)
select distinct
  dds.hash_key(source, order_id, campaign_id), order_hk, campaign_hk, 0, now(),
  'bare'
from message where type = 'order' and campaign_id is not null
on conflict do nothing

insert into dds.l_order_product (
  order_product_hk, order_hk, product_hk, line_no, load_id, load_dts, record_source
)
select distinct
  dds.hash_key(source, order_id, payload ->> 'line_no', product_id), order_hk,
  product_hk, (payload ->> 'line_no')::int, 0, now(), 'bare'
from message where type = 'order_item'
on conflict do nothing

insert into dds.s_user_names (
  user_hk, applied_at, hash_diff, name, email, load_id, load_dts, record_source
)
select distinct
  user_hk, occurred_at,
  dds.hash_diff(payload ->> 'name', payload ->> 'email'), payload ->> 'name',
  payload ->> 'email', 0, now(), 'bare'
from message where type in ('signup', 'user_profile')
on conflict do nothing

insert into dds.s_user_profile (
  user_hk, applied_at, hash_diff, gender, birth_date, registered_at, language,
  load_id, load_dts, record_source
)
select distinct
  user_hk, occurred_at,
  dds.hash_diff(
    payload ->> 'gender', payload ->> 'birth_date',
    payload ->> 'registered_at', payload ->> 'language'
  ),
  payload ->> 'gender', (payload ->> 'birth_date')::date,
  (payload ->> 'registered_at')::timestamptz, payload ->> 'language', 0, now(),
  'bare'
from message where type in ('signup', 'user_profile')
on conflict do nothing

insert into dds.s_product_names (
  product_hk, applied_at, hash_diff, name, category, load_id, load_dts, record_source
)
select distinct
  product_hk, hour, dds.hash_diff(product ->> 'name', category),
  product ->> 'name', category, 0, now(), 'bare'
from message where category is not null
on conflict do nothing

insert into dds.s_product_price (
  product_hk, applied_at, hash_diff, price, currency, load_id, load_dts, record_source
)
select distinct
  product_hk, hour,
  dds.hash_diff(
    trim_scale((product ->> 'price')::numeric)::text, product ->> 'currency'
  ),
  (product ->> 'price')::numeric, product ->> 'currency', 0, now(), 'bare'
from message where category is not null
on conflict do nothing

insert into dds.es_product_category (
  product_category_hk, product_hk, category_hk, applied_at, load_id, load_dts,
  record_source
)
select distinct
  dds.hash_key(source, product_id, category), product_hk, category_hk, hour,
  0, now(), 'bare'
from message where category is not null
on conflict do nothing

insert into dds.s_order_cost (
  order_hk, applied_at, hash_diff, ordered_at, cost, currency, load_id, load_dts, record_source
)
select distinct
  order_hk, occurred_at,
  dds.hash_diff(
    trim_scale((payload ->> 'cost')::numeric)::text, payload ->> 'currency'
  ),
  occurred_at, (payload ->> 'cost')::numeric, payload ->> 'currency', 0, now(), 'bare'
from message where type = 'order'
on conflict do nothing

insert into dds.s_order_line (
  order_product_hk, applied_at, hash_diff, quantity, unit_price, load_id, load_dts,
  record_source
)
select distinct
  dds.hash_key(source, order_id, payload ->> 'line_no', product_id),
  occurred_at,
  dds.hash_diff(
    payload ->> 'quantity',
    trim_scale((payload ->> 'unit_price')::numeric)::text
  ),
  (payload ->> 'quantity')::numeric, (payload ->> 'unit_price')::numeric,
  0, now(), 'bare'
from message where type = 'order_item'
on conflict do nothing

insert into dds.s_order_status (
  order_hk, status_at, status, load_id, load_dts, record_source
)
select distinct
  order_hk, (payload ->> 'at')::timestamptz, payload ->> 'status', 0, now(),
  'bare'
from message where type = 'order_status'
on conflict do nothing

insert into dds.s_session_device (
  session_hk, applied_at, hash_diff, device_type, os, browser, app_version,
  load_id, load_dts, record_source
)
select distinct
  session_hk, occurred_at,
  dds.hash_diff(
    payload ->> 'device_type', payload ->> 'os', payload ->> 'browser',
    payload ->> 'app_version'
  ),
  payload ->> 'device_type', payload ->> 'os', payload ->> 'browser',
  payload ->> 'app_version', 0, now(), 'bare'
from message where type = 'user_device'
on conflict do nothing

insert into dds.s_location_geo (
  location_hk, applied_at, hash_diff, city, country, provider, load_id, load_dts,
  record_source
)
select distinct
  dds.hash_key(source, location_id), hour,
  dds.hash_diff(payload ->> 'city', payload ->> 'country'),
  payload ->> 'city', payload ->> 'country', 'message', 0, now(), 'bare'
from message
where location_id is not null
  and coalesce(payload ->> 'city', payload ->> 'country') is not null
on conflict do nothing

insert into dds.s_campaign (
  campaign_hk, applied_at, hash_diff, name, channel, load_id, load_dts, record_source
)
select distinct
  campaign_hk, hour, dds.hash_diff(payload ->> 'name', payload ->> 'channel'),
  payload ->> 'name', payload ->> 'channel', 0, now(), 'bare'
from message where type = 'campaign_event'
on conflict do nothing
