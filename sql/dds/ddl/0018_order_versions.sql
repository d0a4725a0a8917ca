-- An order that comes whole in one message may be sent again: its newest version holds, with the lines that it
-- names and no others.

alter table dds.s_order_cost
  add column ordered_at timestamptz,
  add column version_hk uuid;
update dds.s_order_cost set ordered_at = applied_at;
alter table dds.s_order_cost alter column ordered_at set not null;

-- A line without a price is unpriced, which is not the same as 0.
alter table dds.s_order_line
  add column version_hk uuid,
  alter column unit_price drop not null;

-- Orders are found by the days on which they were made, and by their products.
drop index dds.s_order_cost_applied_at;
create index s_order_cost_ordered_at on dds.s_order_cost (ordered_at);
create index l_order_product_product on dds.l_order_product (product_hk);

-- Grain: one order. What it costs and when it was ordered is what its newest version says, by the time of the
-- version, ties by the greater hash. An order in pieces is as old as the first message of its own, and without
-- one as the first that was said of it.
create view dds.order_now as
select
  orders.order_hk,
  orders.source,
  orders.order_id,
  coalesce(
    case when newest.version_hk is not null then newest.ordered_at end,
    ordered.first_at,
    least(lines.first_at, states.first_at)
  ) as ordered_at,
  newest.cost,
  newest.currency,
  coalesce(state.status, 'unknown') as status,
  customer.user_id,
  visit.session_hk,
  campaign.campaign_id,
  newest.version_hk
from dds.h_order as orders
left join lateral (
  select min(said.ordered_at) as first_at
  from dds.s_order_cost as said
  where said.order_hk = orders.order_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
) as ordered on true
left join lateral (
  select min(said.applied_at) as first_at
  from dds.l_order_product as line
  inner join dds.s_order_line as said using (order_product_hk)
  where line.order_hk = orders.order_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
) as lines on true
left join lateral (
  select min(said.status_at) as first_at
  from dds.s_order_status as said
  where said.order_hk = orders.order_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
) as states on true
left join lateral (
  select said.ordered_at, said.cost, said.currency, said.version_hk
  from dds.s_order_cost as said
  where said.order_hk = orders.order_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
  order by said.applied_at desc, said.version_hk desc nulls last,
    said.hash_diff
  limit 1
) as newest on true
left join lateral (
  select said.status
  from dds.s_order_status as said
  where said.order_hk = orders.order_hk
    and said.load_id <> all ((select dds.under_way())::bigint[])
  order by said.status = 'CLOSED' desc, said.status_at desc, said.status
  limit 1
) as state on true
left join lateral (
  select h_user.user_id
  from dds.l_order_user as link
  inner join dds.h_user using (user_hk)
  where link.order_hk = orders.order_hk
    and link.user_hk <> dds.ghost_key()
    and link.load_id <> all ((select dds.under_way())::bigint[])
  order by h_user.user_id
  limit 1
) as customer on true
left join lateral (
  select link.session_hk
  from dds.l_order_session as link
  where link.order_hk = orders.order_hk
    and link.session_hk <> dds.ghost_key()
    and link.load_id <> all ((select dds.under_way())::bigint[])
  order by link.session_hk
  limit 1
) as visit on true
left join lateral (
  select h_campaign.campaign_id
  from dds.l_order_campaign as link
  inner join dds.h_campaign using (campaign_hk)
  where link.order_hk = orders.order_hk
    and link.campaign_hk <> dds.ghost_key()
    and link.load_id <> all ((select dds.under_way())::bigint[])
  order by h_campaign.campaign_id
  limit 1
) as campaign on true
where orders.order_hk <> dds.ghost_key();

-- Grain: one day, in the zone of a source, on which an event happened or something was said of an order.
-- From the first day up to the one before the last given; null: no bound. A day of UTC may be two of a
-- source, so a day beside one that has rows may be among them.
create or replace function dds.days_with_rows(from_day date, until_day date)
returns table (source text, day date)
language sql stable parallel safe rows 100
begin atomic
  with recursive
  bounds as (
    select
      coalesce(from_day::timestamp at time zone 'UTC', '-infinity')
        - interval '48 hours' as from_time,
      coalesce(until_day::timestamp at time zone 'UTC', 'infinity')
        + interval '48 hours' as until_time
  ),
  event_days as (
    select date_trunc('day', min(occurred_at), 'UTC') as midnight
    from dds.nl_event
    where occurred_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(event.occurred_at), 'UTC')
      from dds.nl_event as event
      where event.occurred_at >= event_days.midnight + interval '24 hours'
    )
    from event_days
    where event_days.midnight < (select until_time from bounds)
  ),
  cost_days as (
    select date_trunc('day', min(ordered_at), 'UTC') as midnight
    from dds.s_order_cost
    where ordered_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(said.ordered_at), 'UTC')
      from dds.s_order_cost as said
      where said.ordered_at >= cost_days.midnight + interval '24 hours'
    )
    from cost_days
    where cost_days.midnight < (select until_time from bounds)
  ),
  line_days as (
    select date_trunc('day', min(applied_at), 'UTC') as midnight
    from dds.s_order_line
    where applied_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(said.applied_at), 'UTC')
      from dds.s_order_line as said
      where said.applied_at >= line_days.midnight + interval '24 hours'
    )
    from line_days
    where line_days.midnight < (select until_time from bounds)
  ),
  status_days as (
    select date_trunc('day', min(status_at), 'UTC') as midnight
    from dds.s_order_status
    where status_at >= (select from_time from bounds)
    union all
    select (
      select date_trunc('day', min(said.status_at), 'UTC')
      from dds.s_order_status as said
      where said.status_at >= status_days.midnight + interval '24 hours'
    )
    from status_days
    where status_days.midnight < (select until_time from bounds)
  ),
  midnights as (
    select midnight from event_days
    union
    select midnight from cost_days
    union
    select midnight from line_days
    union
    select midnight from status_days
  ),
  days as (
    select
      ref_source.source,
      dds.day_of(midnights.midnight, ref_source.time_zone) as day
    from midnights
    cross join dds.ref_source
    where midnights.midnight is not null
    union
    select
      ref_source.source,
      dds.day_of(
        midnights.midnight + interval '24 hours' - interval '1 microsecond',
        ref_source.time_zone
      )
    from midnights
    cross join dds.ref_source
    where midnights.midnight is not null
  )
  select days.source, days.day
  from days
  where days.day >= coalesce(from_day, '-infinity')
    and days.day < coalesce(until_day, 'infinity');
end;

-- An order in a batch: of one of its events, of what it says of a session, or with a product that it moves to
-- another category.
create or replace function dds.batch_orders(batch bigint)
returns table (order_hk uuid)
language sql stable rows 1000
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
begin atomic
  select event.order_hk
  from dds.mart_batch_load as loaded
  inner join dds.nl_event as event using (load_id)
  where loaded.batch_id = batch_orders.batch
    and event.order_hk <> dds.ghost_key()
  union
  select told.hash_key
  from dds.mart_batch_key as told
  where told.batch_id = batch_orders.batch and told.hub = 'order'
  union
  select line.order_hk
  from dds.mart_batch_load as loaded
  inner join dds.load_key as told using (load_id)
  inner join dds.l_order_product as line on line.product_hk = told.hash_key
  where loaded.batch_id = batch_orders.batch and told.hub = 'product';
end;

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
comment on column dds.order_now.version_hk is
  'Version that holds; null: the order comes in pieces. Lines of another version are gone';
comment on table dds.s_order_cost is 'Cost, currency and time of an order';
comment on column dds.s_order_cost.applied_at is 'As of when the order is so';
comment on column dds.s_order_cost.ordered_at is 'When it was ordered';
comment on column dds.s_order_cost.version_hk is
  'Hash of the message that holds the whole order; null: it comes in pieces';
comment on column dds.s_order_line.unit_price is 'Price of one; null: not said';
comment on column dds.s_order_line.version_hk is
  'Hash of the message that holds the whole order; null: it comes in pieces';
