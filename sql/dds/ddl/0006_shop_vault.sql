-- Orders, campaigns, sessions and places: the rest of what source terrace sends, and what is looked
-- up for it. The rules of 0003_vault.sql hold: insert-only, no foreign keys between vault tables,
-- ghosts in every hub. No table is read by position, so columns may be added.

-- Grain: one category of one source.
create table dds.h_category (
  category_hk uuid primary key,
  source text not null,
  category text not null,
  load_dts timestamptz not null,
  record_source text not null
);
insert into dds.h_category values
  (dds.ghost_key(), 'ghost', 'ghost', '1970-01-01 00:00:00+00', 'ghost');

-- Grain: one order of one source.
create table dds.h_order (
  order_hk uuid primary key,
  source text not null,
  order_id text not null,
  load_dts timestamptz not null,
  record_source text not null
);
insert into dds.h_order values
  (dds.ghost_key(), 'ghost', 'ghost', '1970-01-01 00:00:00+00', 'ghost');

-- Grain: one campaign of one source.
create table dds.h_campaign (
  campaign_hk uuid primary key,
  source text not null,
  campaign_id text not null,
  load_dts timestamptz not null,
  record_source text not null
);
insert into dds.h_campaign values
  (dds.ghost_key(), 'ghost', 'ghost', '1970-01-01 00:00:00+00', 'ghost');

-- Grain: one place of one source, to a tenth of a degree (about 11 km).
create table dds.h_location (
  location_hk uuid primary key,
  source text not null,
  location_id text not null,
  latitude numeric(4, 1) not null,
  longitude numeric(4, 1) not null,
  load_dts timestamptz not null,
  record_source text not null
);
insert into dds.h_location values
  (dds.ghost_key(), 'ghost', 'ghost', 0, 0, '1970-01-01 00:00:00+00', 'ghost');

-- Grain: one user of one order.
create table dds.l_order_user (
  order_user_hk uuid primary key,
  order_hk uuid not null,
  user_hk uuid not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one session of one order.
create table dds.l_order_session (
  order_session_hk uuid primary key,
  order_hk uuid not null,
  session_hk uuid not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one campaign of one order.
create table dds.l_order_campaign (
  order_campaign_hk uuid primary key,
  order_hk uuid not null,
  campaign_hk uuid not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one line of one order with its product.
create table dds.l_order_product (
  order_product_hk uuid primary key,
  order_hk uuid not null,
  product_hk uuid not null,
  line_no int not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one product in one category.
create table dds.l_product_category (
  product_category_hk uuid primary key,
  product_hk uuid not null,
  category_hk uuid not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one place of one session.
create table dds.l_session_location (
  session_location_hk uuid primary key,
  session_hk uuid not null,
  location_hk uuid not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one order, one time, one set of attributes. applied_at is when it was ordered.
create table dds.s_order_cost (
  order_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  cost numeric(20, 4),
  currency text,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (order_hk, applied_at, hash_diff)
);

-- Grain: one line, one time, one set of attributes.
create table dds.s_order_line (
  order_product_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  quantity numeric(20, 4) not null,
  unit_price numeric(20, 4) not null,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (order_product_hk, applied_at, hash_diff)
);

-- Grain: one order, one time, one status. Multi-active: a status never replaces another.
create table dds.s_order_status (
  order_hk uuid not null,
  status_at timestamptz not null,
  status text not null,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (order_hk, status_at, status)
);

-- Grain: one session, one time, one set of attributes.
create table dds.s_session_device (
  session_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  device_type text,
  os text,
  browser text,
  app_version text,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (session_hk, applied_at, hash_diff)
);

-- Grain: one campaign, one hour, one set of attributes.
create table dds.s_campaign (
  campaign_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  name text,
  channel text,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (campaign_hk, applied_at, hash_diff)
);

-- Grain: one place, one time, one answer.
create table dds.s_location_geo (
  location_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  city text,
  country text,
  provider text not null,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (location_hk, applied_at, hash_diff)
);

-- Grain: one place, one hour, one answer.
create table dds.s_location_weather (
  location_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  condition text not null,
  temperature_c numeric(5, 2),
  provider text not null,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (location_hk, applied_at, hash_diff)
);

-- Grain: one product in one category from one hour on.
create table dds.es_product_category (
  product_category_hk uuid not null,
  product_hk uuid not null,
  category_hk uuid not null,
  applied_at timestamptz not null,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (product_category_hk, applied_at)
);

-- Grain: one pair of currencies on one day.
create table dds.ref_fx_rate (
  rate_date date not null,
  base text not null,
  quote text not null,
  rate numeric(20, 10) not null check (rate > 0),
  provider text not null,
  load_dts timestamptz not null,
  primary key (rate_date, base, quote)
);

-- Grain: one day that a load touches, in the zone of its source.
create table dds.load_day (
  load_id bigint not null references dds.load,
  source text not null,
  day date not null,
  primary key (load_id, source, day)
);

create index l_order_user_order on dds.l_order_user (order_hk);
create index l_order_session_order on dds.l_order_session (order_hk);
create index l_order_session_session on dds.l_order_session (session_hk);
create index l_order_campaign_order on dds.l_order_campaign (order_hk);
create index l_order_product_order on dds.l_order_product (order_hk);
create index l_session_location_session on dds.l_session_location (session_hk);
create index l_session_location_location on dds.l_session_location (location_hk);
create index es_product_category_product on dds.es_product_category (product_hk, applied_at);
create index load_day_day on dds.load_day (day);

-- An event of any kind may belong to an order or a campaign.
alter table dds.nl_event
  add column order_hk uuid not null default dds.ghost_key(),
  add column campaign_hk uuid not null default dds.ghost_key(),
  -- impression, click or conversion of a campaign; status of an order.
  add column action text,
  -- What the event cost the shop: a campaign's impression or click. In nl_event.currency.
  add column cost numeric(20, 4),
  -- Weather that the message itself brought; null where it is looked up downstream.
  add column weather text,
  add column temperature_c numeric(5, 2);
create index nl_event_session on dds.nl_event (session_hk)
  where session_hk <> '00000000-0000-0000-0000-000000000000';
create index nl_event_order on dds.nl_event (order_hk)
  where order_hk <> '00000000-0000-0000-0000-000000000000';

comment on column dds.nl_event.order_hk is 'Order of an order, order_item or order_status; else ghost';
comment on column dds.nl_event.campaign_hk is
  'Campaign of a campaign_event, session_start or order; else ghost';
comment on column dds.nl_event.action is
  'impression, click, conversion of a campaign_event; status of an order_status';
comment on column dds.nl_event.cost is 'What a campaign_event cost, in currency';
comment on column dds.nl_event.weather is 'Weather that the message brought, else null';
comment on column dds.nl_event.temperature_c is 'Degrees Celsius that the message brought';

create function dds.hash_key(a text, b text, c text, d text) returns uuid
language sql immutable strict parallel safe as $$
  select md5(
    dds.key_part(a) || dds.key_part(b) || dds.key_part(c) || dds.key_part(d)
  )::uuid
$$;
comment on function dds.hash_key(text, text, text, text) is 'Hash key of four parts';

comment on table dds.h_category is
  'A category of a source';
comment on column dds.h_category.category_hk is 'Hash of source and category';
comment on column dds.h_category.source is 'Source';
comment on column dds.h_category.category is 'Name of the category, its business key';
comment on column dds.h_category.load_dts is 'When its load was staged';
comment on column dds.h_category.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.h_order is
  'A order of a source; a hub without satellite rows is a ghost';
comment on column dds.h_order.order_hk is 'Hash of source and order_id';
comment on column dds.h_order.source is 'Source';
comment on column dds.h_order.order_id is 'Business key';
comment on column dds.h_order.load_dts is 'When its load was staged';
comment on column dds.h_order.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.h_campaign is
  'A campaign of a source; a hub without satellite rows is a ghost';
comment on column dds.h_campaign.campaign_hk is 'Hash of source and campaign_id';
comment on column dds.h_campaign.source is 'Source';
comment on column dds.h_campaign.campaign_id is 'Business key';
comment on column dds.h_campaign.load_dts is 'When its load was staged';
comment on column dds.h_campaign.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.h_location is
  'A place of a source, to a tenth of a degree';
comment on column dds.h_location.location_hk is 'Hash of source and location_id';
comment on column dds.h_location.source is 'Source';
comment on column dds.h_location.location_id is
  'Latitude and longitude with one decimal, such as 41.0,29.0';
comment on column dds.h_location.latitude is 'Degrees north';
comment on column dds.h_location.longitude is 'Degrees east';
comment on column dds.h_location.load_dts is 'When its load was staged';
comment on column dds.h_location.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.l_order_user is
  'One user of one order';
comment on column dds.l_order_user.order_user_hk is 'Hash of source, order and user';
comment on column dds.l_order_user.order_hk is 'Order';
comment on column dds.l_order_user.user_hk is 'User';
comment on column dds.l_order_user.load_dts is 'When its load was staged';
comment on column dds.l_order_user.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.l_order_session is
  'The session in which an order was made';
comment on column dds.l_order_session.order_session_hk is 'Hash of source, order and session';
comment on column dds.l_order_session.order_hk is 'Order';
comment on column dds.l_order_session.session_hk is 'Session';
comment on column dds.l_order_session.load_dts is 'When its load was staged';
comment on column dds.l_order_session.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.l_order_campaign is
  'The campaign that an order is attributed to';
comment on column dds.l_order_campaign.order_campaign_hk is 'Hash of source, order and campaign';
comment on column dds.l_order_campaign.order_hk is 'Order';
comment on column dds.l_order_campaign.campaign_hk is 'Campaign';
comment on column dds.l_order_campaign.load_dts is 'When its load was staged';
comment on column dds.l_order_campaign.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.l_order_product is
  'One line of an order with its product; an order may repeat a product';
comment on column dds.l_order_product.order_product_hk is 'Hash of source, order, line and product';
comment on column dds.l_order_product.order_hk is 'Order';
comment on column dds.l_order_product.product_hk is 'Product';
comment on column dds.l_order_product.line_no is 'Number of the line, from 1';
comment on column dds.l_order_product.load_dts is 'When its load was staged';
comment on column dds.l_order_product.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.l_product_category is
  'A category that a product was ever in; es_product_category says when';
comment on column dds.l_product_category.product_category_hk is
  'Hash of source, product and category';
comment on column dds.l_product_category.product_hk is 'Product';
comment on column dds.l_product_category.category_hk is 'Category';
comment on column dds.l_product_category.load_dts is 'When its load was staged';
comment on column dds.l_product_category.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.l_session_location is
  'A place from which a session was held';
comment on column dds.l_session_location.session_location_hk is 'Hash of source, session and place';
comment on column dds.l_session_location.session_hk is 'Session';
comment on column dds.l_session_location.location_hk is 'Place';
comment on column dds.l_session_location.load_dts is 'When its load was staged';
comment on column dds.l_session_location.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.s_order_cost is
  'Cost and currency of an order; its time is when it was ordered';
comment on column dds.s_order_cost.order_hk is 'Order';
comment on column dds.s_order_cost.applied_at is 'When it was ordered';
comment on column dds.s_order_cost.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_order_cost.cost is
  'What the order itself says it costs; revenue is counted from its lines';
comment on column dds.s_order_cost.currency is 'Currency of the order and its lines';
comment on column dds.s_order_cost.load_dts is 'When its load was staged';
comment on column dds.s_order_cost.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.s_order_line is
  'Quantity and price of a line as of applied_at';
comment on column dds.s_order_line.order_product_hk is 'Line, l_order_product';
comment on column dds.s_order_line.applied_at is 'When it was said';
comment on column dds.s_order_line.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_order_line.quantity is 'Units';
comment on column dds.s_order_line.unit_price is 'Price of one unit in the order''s currency';
comment on column dds.s_order_line.load_dts is 'When its load was staged';
comment on column dds.s_order_line.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.s_order_status is
  'Each status of an order with its time';
comment on column dds.s_order_status.order_hk is 'Order';
comment on column dds.s_order_status.status_at is 'Since when';
comment on column dds.s_order_status.status is
  'OPEN, COOKING, DELIVERING, CLOSED, CANCELLED; CLOSED is final';
comment on column dds.s_order_status.load_dts is 'When its load was staged';
comment on column dds.s_order_status.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.s_session_device is
  'The device of a session';
comment on column dds.s_session_device.session_hk is 'Session';
comment on column dds.s_session_device.applied_at is 'When it was said';
comment on column dds.s_session_device.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_session_device.device_type is 'desktop, mobile, tablet';
comment on column dds.s_session_device.os is 'Operating system';
comment on column dds.s_session_device.browser is 'Browser';
comment on column dds.s_session_device.app_version is 'Version of the app';
comment on column dds.s_session_device.load_dts is 'When its load was staged';
comment on column dds.s_session_device.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.s_campaign is
  'What a campaign is called, as of applied_at';
comment on column dds.s_campaign.campaign_hk is 'Campaign';
comment on column dds.s_campaign.applied_at is 'Hour of the sighting';
comment on column dds.s_campaign.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_campaign.name is 'Name';
comment on column dds.s_campaign.channel is 'Channel, such as search or email';
comment on column dds.s_campaign.load_dts is 'When its load was staged';
comment on column dds.s_campaign.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.s_location_geo is
  'City and country of a place; answers of a provider go before those of messages';
comment on column dds.s_location_geo.location_hk is 'Place';
comment on column dds.s_location_geo.applied_at is 'When it was said';
comment on column dds.s_location_geo.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_location_geo.city is 'City; null where the answer is open sea';
comment on column dds.s_location_geo.country is 'Country, ISO 3166-1 alpha-2';
comment on column dds.s_location_geo.provider is 'Who said so: message, offline, positionstack';
comment on column dds.s_location_geo.load_dts is 'When its load was staged';
comment on column dds.s_location_geo.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.s_location_weather is
  'Weather of a place in the hour of applied_at';
comment on column dds.s_location_weather.location_hk is 'Place';
comment on column dds.s_location_weather.applied_at is 'Hour of the weather';
comment on column dds.s_location_weather.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_location_weather.condition is
  'clear, clouds, rain, snow, fog, storm, or unavailable';
comment on column dds.s_location_weather.temperature_c is 'Degrees Celsius';
comment on column dds.s_location_weather.provider is 'Who said so: message, offline, openweather';
comment on column dds.s_location_weather.load_dts is 'When its load was staged';
comment on column dds.s_location_weather.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.es_product_category is
  'Hours in which a product was seen in a category; the latest one holds, ties by category_hk';
comment on column dds.es_product_category.product_category_hk is 'Membership, l_product_category';
comment on column dds.es_product_category.product_hk is 'Product';
comment on column dds.es_product_category.category_hk is 'Category';
comment on column dds.es_product_category.applied_at is 'Hour of the sighting';
comment on column dds.es_product_category.load_dts is 'When its load was staged';
comment on column dds.es_product_category.record_source is
  'Source and topic it came from, or the provider that answered';
comment on table dds.ref_fx_rate is
  'Exchange rates; a day without one takes the last before it';
comment on column dds.ref_fx_rate.rate_date is 'Day of the rate, UTC';
comment on column dds.ref_fx_rate.base is 'One unit of this currency';
comment on column dds.ref_fx_rate.quote is 'is worth rate units of this one';
comment on column dds.ref_fx_rate.rate is 'Units of quote for one of base';
comment on column dds.ref_fx_rate.provider is 'Who said so: offline, openexchangerates';
comment on column dds.ref_fx_rate.load_dts is 'When its load was staged';
comment on table dds.load_day is
  'Days that a load reopens in the marts: of its events, and of sessions and orders that it says something about';
comment on column dds.load_day.load_id is 'Load';
comment on column dds.load_day.source is 'Source';
comment on column dds.load_day.day is 'Day whose facts may have changed';
