-- Hubs, links and satellites of users, products and views.
--
-- Every table is insert-only; every row says when its load was staged (load_dts) and which source and
-- topic it came from (record_source). No foreign keys: loads run side by side in any order, and
-- checks/ proves what keys would.

-- Grain: one user of one source.
create table dds.h_user (
  user_hk uuid primary key,
  source text not null,
  user_id text not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one product of one source.
create table dds.h_product (
  product_hk uuid primary key,
  source text not null,
  product_id text not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one session of one source.
create table dds.h_session (
  session_hk uuid primary key,
  source text not null,
  session_id text not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- The ghosts: what events without a user, product or session point to.
insert into dds.h_user values
  (dds.ghost_key(), 'ghost', 'ghost', '1970-01-01 00:00:00+00', 'ghost');
insert into dds.h_product values
  (dds.ghost_key(), 'ghost', 'ghost', '1970-01-01 00:00:00+00', 'ghost');
insert into dds.h_session values
  (dds.ghost_key(), 'ghost', 'ghost', '1970-01-01 00:00:00+00', 'ghost');

-- Grain: one user in one session.
create table dds.l_session_user (
  session_user_hk uuid primary key,
  session_hk uuid not null,
  user_hk uuid not null,
  load_dts timestamptz not null,
  record_source text not null
);

-- Grain: one accepted event, of any kind. Non-historised: an event never changes. It keeps the
-- place of its message, so that raw and dds can be compared message by message.
create table dds.nl_event (
  event_hk uuid primary key,
  source text not null,
  event_id text not null,
  event_type text not null,
  occurred_at timestamptz not null,
  user_hk uuid not null,
  session_hk uuid not null,
  product_hk uuid not null,
  platform text,
  quantity numeric(20, 4),
  unit_price numeric(20, 4),
  currency text,
  payload_hash uuid not null,
  load_id bigint not null,
  log_id text not null,
  topic text not null,
  kafka_partition int not null,
  kafka_offset bigint not null,
  load_dts timestamptz not null,
  record_source text not null
);
create index nl_event_occurred_at on dds.nl_event (occurred_at);
create index nl_event_load on dds.nl_event (load_id);

-- Grain: one user, one time, one set of attributes.
create table dds.s_user_names (
  user_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  name text,
  email text,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (user_hk, applied_at, hash_diff)
);

-- Grain: one user, one time, one set of attributes.
create table dds.s_user_profile (
  user_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  gender text,
  birth_date date,
  registered_at timestamptz,
  language text,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (user_hk, applied_at, hash_diff)
);

-- Grain: one product, one time, one set of attributes. applied_at is the hour of the sighting.
create table dds.s_product_names (
  product_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  name text,
  category text,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (product_hk, applied_at, hash_diff)
);

-- Grain: one product, one time, one set of attributes. applied_at is the hour of the sighting.
create table dds.s_product_price (
  product_hk uuid not null,
  applied_at timestamptz not null,
  hash_diff uuid not null,
  price numeric(20, 4),
  currency text,
  load_dts timestamptz not null,
  record_source text not null,
  primary key (product_hk, applied_at, hash_diff)
);

comment on table dds.h_user is 'A user of a source; a hub without satellite rows is a ghost';
comment on column dds.h_user.user_hk is 'Hash of source and user_id';
comment on column dds.h_user.source is 'Source';
comment on column dds.h_user.user_id is 'Business key';
comment on column dds.h_user.load_dts is 'When its load was staged';
comment on column dds.h_user.record_source is 'Source and topic it came from';
comment on table dds.h_product is 'A product of a source; a hub without satellite rows is a ghost';
comment on column dds.h_product.product_hk is 'Hash of source and product_id';
comment on column dds.h_product.source is 'Source';
comment on column dds.h_product.product_id is 'Business key';
comment on column dds.h_product.load_dts is 'When its load was staged';
comment on column dds.h_product.record_source is 'Source and topic it came from';
comment on table dds.h_session is 'A session of a source; a hub without satellite rows is a ghost';
comment on column dds.h_session.session_hk is 'Hash of source and session_id';
comment on column dds.h_session.source is 'Source';
comment on column dds.h_session.session_id is 'Business key';
comment on column dds.h_session.load_dts is 'When its load was staged';
comment on column dds.h_session.record_source is 'Source and topic it came from';
comment on table dds.l_session_user is 'One user in one session';
comment on column dds.l_session_user.session_user_hk is 'Hash of source, session and user';
comment on column dds.l_session_user.session_hk is 'Session';
comment on column dds.l_session_user.user_hk is 'User';
comment on column dds.l_session_user.load_dts is 'When its load was staged';
comment on column dds.l_session_user.record_source is 'Source and topic it came from';
comment on table dds.nl_event is 'One accepted event of any kind, non-historised link';
comment on column dds.nl_event.event_hk is 'Hash of source and event id';
comment on column dds.nl_event.source is 'Source';
comment on column dds.nl_event.event_id is 'Event id within the source';
comment on column dds.nl_event.event_type is 'Kind of event';
comment on column dds.nl_event.occurred_at is 'When it happened';
comment on column dds.nl_event.user_hk is 'User or ghost';
comment on column dds.nl_event.session_hk is 'Session or ghost';
comment on column dds.nl_event.product_hk is 'Product or ghost';
comment on column dds.nl_event.platform is 'desktop, mobile-app, mobile-web';
comment on column dds.nl_event.quantity is 'Units, where the kind has them';
comment on column dds.nl_event.unit_price is 'Price that the event states';
comment on column dds.nl_event.currency is 'Currency of unit_price';
comment on column dds.nl_event.payload_hash is 'MD5 over the canonical form of the message';
comment on column dds.nl_event.load_id is 'Load that accepted it';
comment on column dds.nl_event.log_id is 'Log of its message';
comment on column dds.nl_event.topic is 'Topic of its message';
comment on column dds.nl_event.kafka_partition is 'Partition of its message';
comment on column dds.nl_event.kafka_offset is 'Offset of its message';
comment on column dds.nl_event.load_dts is 'When its load was staged';
comment on column dds.nl_event.record_source is 'Source and topic it came from';
comment on table dds.s_user_names is 'What a user is called, as of applied_at';
comment on column dds.s_user_names.user_hk is 'Hub key';
comment on column dds.s_user_names.applied_at is 'When it held in the source';
comment on column dds.s_user_names.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_user_names.name is 'Name';
comment on column dds.s_user_names.email is 'Mail address';
comment on column dds.s_user_names.load_dts is 'When its load was staged';
comment on column dds.s_user_names.record_source is 'Source and topic it came from';
comment on table dds.s_user_profile is 'Profile of a user as of applied_at';
comment on column dds.s_user_profile.user_hk is 'Hub key';
comment on column dds.s_user_profile.applied_at is 'When it held in the source';
comment on column dds.s_user_profile.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_user_profile.gender is 'Gender as sent';
comment on column dds.s_user_profile.birth_date is 'Date of birth';
comment on column dds.s_user_profile.registered_at is 'When the user signed up';
comment on column dds.s_user_profile.language is 'Language as sent';
comment on column dds.s_user_profile.load_dts is 'When its load was staged';
comment on column dds.s_user_profile.record_source is 'Source and topic it came from';
comment on table dds.s_product_names is 'What a product is called, as of applied_at';
comment on column dds.s_product_names.product_hk is 'Hub key';
comment on column dds.s_product_names.applied_at is 'When it held in the source';
comment on column dds.s_product_names.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_product_names.name is 'Name';
comment on column dds.s_product_names.category is 'Category as sent';
comment on column dds.s_product_names.load_dts is 'When its load was staged';
comment on column dds.s_product_names.record_source is 'Source and topic it came from';
comment on table dds.s_product_price is 'Price of a product as of applied_at';
comment on column dds.s_product_price.product_hk is 'Hub key';
comment on column dds.s_product_price.applied_at is 'When it held in the source';
comment on column dds.s_product_price.hash_diff is 'Fingerprint of the attributes';
comment on column dds.s_product_price.price is 'Price of one unit';
comment on column dds.s_product_price.currency is 'Currency of the price';
comment on column dds.s_product_price.load_dts is 'When its load was staged';
comment on column dds.s_product_price.record_source is 'Source and topic it came from';
