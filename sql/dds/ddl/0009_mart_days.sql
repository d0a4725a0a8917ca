-- What the marts need of dds beside its rows: the days that a batch reopens, how things stand now
-- (the latest row of each satellite), and money in one currency.

-- Grain: one day that a batch loads anew.
create table dds.mart_batch_day (
  batch_id bigint not null references dds.mart_batch,
  source text not null,
  day date not null,
  primary key (batch_id, source, day)
);

-- A table whose rows are in another currency, or that was never loaded, is loaded whole.
alter table dds.mart_watermark add column reporting_currency text;

-- Loads from before this have no days yet, and the tables get columns that they never loaded: every
-- load goes into the next batch once more.
insert into dds.load_day (load_id, source, day)
select distinct
  event.load_id,
  event.source,
  (event.occurred_at at time zone coalesce(ref_source.time_zone, 'UTC'))::date
from dds.nl_event as event
left join dds.ref_source using (source)
on conflict do nothing;
delete from dds.mart_watermark;
delete from dds.mart_batch_load;
delete from dds.mart_batch;

-- Orders are found by the days on which something was said about them.
create index s_order_cost_applied_at on dds.s_order_cost (applied_at);
create index s_order_line_applied_at on dds.s_order_line (applied_at);
create index s_order_status_status_at on dds.s_order_status (status_at);

-- The day of a time in the zone of its source.
create function dds.day_of(moment timestamptz, time_zone text) returns date
language sql stable parallel safe
return (moment at time zone coalesce(time_zone, 'UTC'))::date;

-- Units of a currency for one US dollar on a day: the rate of the day, else the last before it.
create function dds.usd_rate(currency text, day date) returns numeric
language sql stable parallel safe
return case currency
  when 'USD' then 1
  else (
    select rate
    from dds.ref_fx_rate
    where base = 'USD' and quote = currency and rate_date <= day
    order by rate_date desc
    limit 1
  )
end;

-- amount ÷ from_rate × to_rate, rounded once, half away from zero, to 4 decimals. Exact: a quotient
-- of whole numbers, because numeric division would round before we do. Amounts are never negative.
create function dds.exchange(amount numeric, from_rate numeric, to_rate numeric)
returns numeric
language sql immutable strict parallel safe
return div(20000 * amount * to_rate + from_rate, 2 * from_rate) / 10000;

-- What the weather of a place was in the hour of a time; an answer goes before none.
create function dds.weather_at(place uuid, moment timestamptz)
returns table (condition text, temperature_c numeric)
language sql stable parallel safe rows 1
begin atomic
  select said.condition, said.temperature_c
  from dds.s_location_weather as said
  where said.location_hk = place
    and said.applied_at = date_trunc('hour', moment, 'UTC')
  order by said.condition = 'unavailable', said.hash_diff
  limit 1;
end;

-- Loads whose rows stand in dds before their checks have passed. The views below do not see them: they
-- show what was checked, and a load as a whole or not at all. Ask for it as `(select …)`, so that it
-- is read once a query.
create function dds.under_way() returns timestamptz[]
language sql stable parallel safe
return array(select staged_at from dds.load where state = 'staged');

-- Grain: one session. Its device and place, each the latest that was said; a provider's answer to
-- where a place is goes before what a message said.
create view dds.session_now as
select
  session.session_hk,
  session.source,
  session.session_id,
  device.device_type,
  device.os,
  device.browser,
  place.location_hk,
  geo.city,
  geo.country
from dds.h_session as session
left join lateral (
  select said.device_type, said.os, said.browser
  from dds.s_session_device as said
  where said.session_hk = session.session_hk
    and said.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by said.applied_at desc, said.hash_diff
  limit 1
) as device on true
left join lateral (
  select link.location_hk
  from dds.l_session_location as link
  where link.session_hk = session.session_hk
    and link.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by link.location_hk
  limit 1
) as place on true
left join lateral (
  select said.city, said.country
  from dds.s_location_geo as said
  where said.location_hk = place.location_hk
    and said.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by said.provider = 'message', said.applied_at desc, said.hash_diff
  limit 1
) as geo on true;

-- Grain: one product.
create view dds.product_now as
select
  product.product_hk,
  product.source,
  product.product_id,
  coalesce(membership.category, 'unknown') as category
from dds.h_product as product
left join lateral (
  select category.category
  from dds.es_product_category as seen
  inner join dds.h_category as category using (category_hk)
  where seen.product_hk = product.product_hk
    and seen.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by seen.applied_at desc, seen.category_hk
  limit 1
) as membership on true;

-- Grain: one order. Without its own message, an order is as old as the first that was said of it.
create view dds.order_now as
select
  orders.order_hk,
  orders.source,
  orders.order_id,
  coalesce(
    ordered.first_at,
    least(lines.first_at, states.first_at)
  ) as ordered_at,
  cost.cost,
  cost.currency,
  coalesce(state.status, 'unknown') as status,
  customer.user_id,
  visit.session_hk,
  campaign.campaign_id
from dds.h_order as orders
left join lateral (
  select min(said.applied_at) as first_at
  from dds.s_order_cost as said
  where said.order_hk = orders.order_hk
    and said.load_dts <> all ((select dds.under_way())::timestamptz[])
) as ordered on true
left join lateral (
  select min(said.applied_at) as first_at
  from dds.l_order_product as line
  inner join dds.s_order_line as said using (order_product_hk)
  where line.order_hk = orders.order_hk
    and said.load_dts <> all ((select dds.under_way())::timestamptz[])
) as lines on true
left join lateral (
  select min(said.status_at) as first_at
  from dds.s_order_status as said
  where said.order_hk = orders.order_hk
    and said.load_dts <> all ((select dds.under_way())::timestamptz[])
) as states on true
left join lateral (
  select said.cost, said.currency
  from dds.s_order_cost as said
  where said.order_hk = orders.order_hk
    and said.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by said.applied_at desc, said.hash_diff
  limit 1
) as cost on true
left join lateral (
  select said.status
  from dds.s_order_status as said
  where said.order_hk = orders.order_hk
    and said.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by said.status = 'CLOSED' desc, said.status_at desc, said.status
  limit 1
) as state on true
left join lateral (
  select h_user.user_id
  from dds.l_order_user as link
  inner join dds.h_user using (user_hk)
  where link.order_hk = orders.order_hk
    and link.user_hk <> dds.ghost_key()
    and link.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by h_user.user_id
  limit 1
) as customer on true
left join lateral (
  select link.session_hk
  from dds.l_order_session as link
  where link.order_hk = orders.order_hk
    and link.session_hk <> dds.ghost_key()
    and link.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by link.session_hk
  limit 1
) as visit on true
left join lateral (
  select h_campaign.campaign_id
  from dds.l_order_campaign as link
  inner join dds.h_campaign using (campaign_hk)
  where link.order_hk = orders.order_hk
    and link.campaign_hk <> dds.ghost_key()
    and link.load_dts <> all ((select dds.under_way())::timestamptz[])
  order by h_campaign.campaign_id
  limit 1
) as campaign on true
where orders.order_hk <> dds.ghost_key();

comment on table dds.mart_batch_day is 'Days that a batch loads anew, frozen with its loads';
comment on column dds.mart_batch_day.batch_id is 'Batch';
comment on column dds.mart_batch_day.source is 'Source';
comment on column dds.mart_batch_day.day is 'Day in the zone of the source';
comment on column dds.mart_watermark.reporting_currency is
  'REPORTING_CURRENCY that its amounts are in';
comment on function dds.day_of is 'Day of a time in a zone; UTC without one';
comment on function dds.usd_rate is
  'Units of a currency for a US dollar on a day, else on the last day before it; null: unknown';
comment on function dds.exchange is
  'An amount in another currency, rounded once, half away from zero, to 4 decimals';
comment on function dds.weather_at is
  'Weather of a place in the hour of a time; no row: nobody has answered yet';
comment on function dds.under_way is
  'When the loads were staged whose rows are not published yet: load_dts of those rows';
comment on view dds.session_now is 'Sessions with the latest device and place';
comment on column dds.session_now.session_hk is 'Hub key';
comment on column dds.session_now.source is 'Source';
comment on column dds.session_now.session_id is 'Business key';
comment on column dds.session_now.device_type is 'desktop, mobile, tablet; null: not said yet';
comment on column dds.session_now.os is 'Operating system';
comment on column dds.session_now.browser is 'Browser';
comment on column dds.session_now.location_hk is 'Place; null: not said yet';
comment on column dds.session_now.city is 'City of the place';
comment on column dds.session_now.country is 'Country of the place, ISO 3166-1 alpha-2';
comment on view dds.product_now is 'Products with their latest category';
comment on column dds.product_now.product_hk is 'Hub key';
comment on column dds.product_now.source is 'Source';
comment on column dds.product_now.product_id is 'Business key';
comment on column dds.product_now.category is 'Latest category, unknown without one';
comment on view dds.order_now is 'Orders with their latest status, customer, session and campaign';
comment on column dds.order_now.order_hk is 'Hub key';
comment on column dds.order_now.source is 'Source';
comment on column dds.order_now.order_id is 'Business key';
comment on column dds.order_now.ordered_at is
  'When it was ordered; before its own message came, the earliest time of its lines and statuses';
comment on column dds.order_now.cost is 'What the order itself says it costs';
comment on column dds.order_now.currency is
  'Currency of the order and its lines; null: not said yet';
comment on column dds.order_now.status is
  'CLOSED if it ever was, else the latest status, ties by name; unknown without one';
comment on column dds.order_now.user_id is 'Customer; the first by id if several were named';
comment on column dds.order_now.session_hk is 'Session; null without one';
comment on column dds.order_now.campaign_id is 'Campaign it is attributed to; null without one';
