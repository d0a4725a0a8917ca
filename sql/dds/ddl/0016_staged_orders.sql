-- What messages say of orders and products is staged in columns of its own: a message may hold a whole order
-- or a piece of one, and no statement after that takes JSON apart for it.

-- The arrays of the temporary table incoming, one row a message.
create type dds.incoming_order as (
  ordered_at timestamptz,
  updated_at timestamptz,
  cost numeric(20, 4),
  currency text,
  is_whole boolean
);
create type dds.incoming_line as (
  line_no int,
  product_id text,
  quantity numeric(20, 4),
  unit_price numeric(20, 4)
);
create type dds.incoming_status as (status text, status_at timestamptz);
create type dds.incoming_product as (
  product_id text,
  seen_at timestamptz,
  name text,
  category text,
  price numeric(20, 4),
  currency text
);

-- Grain: one message that says what an order costs. version_hk is null where the order comes in pieces.
create table dds.stage_order (
  event_hk uuid not null,
  load_id bigint not null,
  source text not null,
  order_id text not null,
  order_hk uuid not null,
  ordered_at timestamptz not null,
  updated_at timestamptz not null,
  cost numeric(20, 4),
  currency text,
  version_hk uuid
);
create index stage_order_load on dds.stage_order (load_id);

-- Grain: one line that a message says.
create table dds.stage_order_line (
  event_hk uuid not null,
  load_id bigint not null,
  source text not null,
  order_id text not null,
  order_hk uuid not null,
  line_no int not null,
  product_id text not null,
  product_hk uuid not null,
  order_product_hk uuid not null,
  updated_at timestamptz not null,
  quantity numeric(20, 4) not null,
  unit_price numeric(20, 4),
  version_hk uuid
);
create index stage_order_line_load on dds.stage_order_line (load_id);

-- Grain: one status that a message says.
create table dds.stage_order_status (
  event_hk uuid not null,
  load_id bigint not null,
  source text not null,
  order_hk uuid not null,
  status text not null,
  status_at timestamptz not null
);
create index stage_order_status_load on dds.stage_order_status (load_id);
-- Whether an order is closed already, asked for each status that arrives.
create index stage_order_status_closed on dds.stage_order_status (order_hk)
  where status = 'CLOSED';

-- Grain: one product as the messages of one load saw it in one hour.
create table dds.stage_product (
  load_id bigint not null,
  source text not null,
  product_id text not null,
  product_hk uuid not null,
  category text,
  category_hk uuid not null,
  product_category_hk uuid,
  seen_at timestamptz not null,
  name text,
  price numeric(20, 4),
  currency text
);
create index stage_product_load on dds.stage_product (load_id);

drop index dds.stage_event_status;
alter table dds.stage_event
  alter column payload drop not null,
  add column quantity numeric(20, 4),
  add column unit_price numeric(20, 4),
  add column currency text,
  add column action text,
  add column cost numeric(20, 4),
  add column weather text,
  add column temperature_c numeric(5, 2);

-- Events that were waiting for their targets when this was applied.
update dds.stage_event
set
  quantity = (payload ->> 'quantity')::numeric,
  unit_price = (payload #>> '{product,price}')::numeric,
  currency = payload #>> '{product,currency}',
  weather = payload #>> '{weather,condition}',
  temperature_c = (payload #>> '{weather,temperature_c}')::numeric
where event_type in ('view', 'cart', 'purchase');
update dds.stage_event
set
  quantity = (payload ->> 'quantity')::numeric,
  unit_price = (payload ->> 'unit_price')::numeric
where event_type = 'order_item';
update dds.stage_event
set currency = payload ->> 'currency'
where event_type = 'order';
update dds.stage_event
set action = payload ->> 'status'
where event_type = 'order_status';
update dds.stage_event
set
  currency = payload ->> 'currency',
  action = payload ->> 'action',
  cost = (payload ->> 'cost')::numeric
where event_type = 'campaign_event';

insert into dds.stage_order (
  event_hk, load_id, source, order_id, order_hk, ordered_at, updated_at, cost,
  currency
)
select
  event_hk, load_id, source, order_id, order_hk, occurred_at, occurred_at,
  (payload ->> 'cost')::numeric, payload ->> 'currency'
from dds.stage_event
where event_type = 'order';

insert into dds.stage_order_line (
  event_hk, load_id, source, order_id, order_hk, line_no, product_id,
  product_hk, order_product_hk, updated_at, quantity, unit_price
)
select
  event_hk, load_id, source, order_id, order_hk, (payload ->> 'line_no')::int,
  product_id, product_hk,
  dds.hash_key(
    source, order_id, ((payload ->> 'line_no')::int)::text, product_id
  ),
  occurred_at, quantity, unit_price
from dds.stage_event
where event_type = 'order_item';

insert into dds.stage_order_status (
  event_hk, load_id, source, order_hk, status, status_at
)
select
  event_hk, load_id, source, order_hk, payload ->> 'status',
  (payload ->> 'at')::timestamptz
from dds.stage_event
where event_type = 'order_status';

insert into dds.stage_product (
  load_id, source, product_id, product_hk, category, category_hk,
  product_category_hk, seen_at, name, price, currency
)
select distinct
  load_id, source, product_id, product_hk, category, category_hk,
  dds.hash_key(source, product_id, category),
  date_trunc('hour', occurred_at, 'UTC'),
  payload #>> '{product,name}', (payload #>> '{product,price}')::numeric(20, 4),
  payload #>> '{product,currency}'
from dds.stage_event
where event_type in ('view', 'cart', 'purchase');

comment on type dds.incoming_order is 'What a message says of its order';
comment on type dds.incoming_line is 'A line of the order of a message';
comment on type dds.incoming_status is 'A status of the order of a message';
comment on type dds.incoming_product is 'A product that a message shows';
comment on column dds.stage_event.payload is
  'Payload, numbers exact; only of events that say something of users, devices, places and campaigns';
comment on column dds.stage_event.quantity is 'Units, where the kind has them';
comment on column dds.stage_event.unit_price is 'Price that the event states';
comment on column dds.stage_event.currency is 'Currency of unit_price or cost';
comment on column dds.stage_event.action is
  'impression, click, conversion of a campaign_event; status of an order_status';
comment on column dds.stage_event.cost is 'What the event cost the shop';
comment on column dds.stage_event.weather is 'Weather that the message itself brought';
comment on column dds.stage_event.temperature_c is 'Degrees Celsius that it brought';
comment on table dds.stage_order is 'Orders in messages of loads that are not finished';
comment on column dds.stage_order.event_hk is 'Event that says it';
comment on column dds.stage_order.load_id is 'Load that accepted it';
comment on column dds.stage_order.source is 'Source';
comment on column dds.stage_order.order_id is 'Order';
comment on column dds.stage_order.order_hk is 'Hash key of the order';
comment on column dds.stage_order.ordered_at is 'When it was ordered';
comment on column dds.stage_order.updated_at is 'As of when the message says it';
comment on column dds.stage_order.cost is 'What the order itself says it costs; null: it does not';
comment on column dds.stage_order.currency is 'Currency of the order and its lines';
comment on column dds.stage_order.version_hk is
  'Hash of the message that holds the whole order; null: it comes in pieces';
comment on table dds.stage_order_line is 'Lines in messages of loads that are not finished';
comment on column dds.stage_order_line.event_hk is 'Event that says it';
comment on column dds.stage_order_line.load_id is 'Load that accepted it';
comment on column dds.stage_order_line.source is 'Source';
comment on column dds.stage_order_line.order_id is 'Order';
comment on column dds.stage_order_line.order_hk is 'Hash key of the order';
comment on column dds.stage_order_line.line_no is 'Number of the line in its order';
comment on column dds.stage_order_line.product_id is 'Product';
comment on column dds.stage_order_line.product_hk is 'Hash key of the product';
comment on column dds.stage_order_line.order_product_hk is
  'Hash of source, order, number and product';
comment on column dds.stage_order_line.updated_at is 'As of when the message says it';
comment on column dds.stage_order_line.quantity is 'Units';
comment on column dds.stage_order_line.unit_price is 'Price of one; null: not said';
comment on column dds.stage_order_line.version_hk is
  'Hash of the message that holds the whole order; null: it comes in pieces';
comment on table dds.stage_order_status is 'Statuses in messages of loads that are not finished';
comment on column dds.stage_order_status.event_hk is 'Event that says it';
comment on column dds.stage_order_status.load_id is 'Load that accepted it';
comment on column dds.stage_order_status.source is 'Source';
comment on column dds.stage_order_status.order_hk is 'Hash key of the order';
comment on column dds.stage_order_status.status is 'OPEN, COOKING, DELIVERING, CLOSED, CANCELLED';
comment on column dds.stage_order_status.status_at is 'When the order took it';
comment on table dds.stage_product is
  'Products that loads which are not finished saw, each once an hour';
comment on column dds.stage_product.load_id is 'Load that saw it';
comment on column dds.stage_product.source is 'Source';
comment on column dds.stage_product.product_id is 'Product';
comment on column dds.stage_product.product_hk is 'Hash key of the product';
comment on column dds.stage_product.category is 'Category, if it was said';
comment on column dds.stage_product.category_hk is 'Hash key of the category or ghost';
comment on column dds.stage_product.product_category_hk is
  'Hash of source, product and category, if it was said';
comment on column dds.stage_product.seen_at is 'Hour of the sighting';
comment on column dds.stage_product.name is 'Name, if it was said';
comment on column dds.stage_product.price is 'Price, if it was said';
comment on column dds.stage_product.currency is 'Currency of the price';
