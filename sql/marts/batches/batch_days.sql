-- Grain: one day that a batch reopens. Kind: insert-only, frozen with the batch. Reads:
-- dds.batch_events, dds.batch_orders, dds.h_order, dds.l_order_product, dds.load_day,
-- dds.mart_batch_load, dds.nl_event, dds.ref_source, dds.s_order_cost, dds.s_order_line,
-- dds.s_order_status. Parameters: $1 batch id, $2 whether its days are loaded whole. Runs in
-- Postgres.
--
-- raw → dds says which days its rows change. An event may also move the first event of its session
-- or the time of its order, which are other days: all days of these come along. Of a batch that
-- loads what it changes, so do the days of all that.
with loads as (
  select load_id
  from dds.mart_batch_load
  where batch_id = $1
),
touched as materialized (
  select event.session_hk, event.order_hk
  from loads
  inner join dds.nl_event as event using (load_id)
  union
  select dds.ghost_key(), order_hk
  from dds.batch_orders($1)
  where not $2
),
moments as (
  select event.source, event.occurred_at as moment
  from (
    select distinct session_hk
    from touched
    where session_hk <> dds.ghost_key()
  ) as held
  inner join dds.nl_event as event
    on event.session_hk = held.session_hk
    and event.session_hk <> dds.ghost_key()
  union all
  select event.source, event.occurred_at
  from dds.batch_events($1)
  inner join dds.nl_event as event using (event_hk)
  where not $2
  union all
  select h_order.source, said.moment
  from (
    select distinct order_hk
    from touched
    where order_hk <> dds.ghost_key()
  ) as ordered
  inner join dds.h_order using (order_hk)
  cross join lateral (
    select applied_at as moment
    from dds.s_order_cost
    where order_hk = ordered.order_hk
    union all
    select line.applied_at
    from dds.l_order_product
    inner join dds.s_order_line as line using (order_product_hk)
    where order_hk = ordered.order_hk
    union all
    select status_at
    from dds.s_order_status
    where order_hk = ordered.order_hk
  ) as said
),
days as (
  select load_day.source, load_day.day, load_day.is_whole or $2 as is_whole
  from loads
  inner join dds.load_day using (load_id)
  union all
  select
    moments.source, dds.day_of(moments.moment, ref_source.time_zone), $2
  from moments
  left join dds.ref_source using (source)
)
insert into dds.mart_batch_day (batch_id, source, day, is_whole)
select $1, source, day, bool_or(is_whole)
from days
group by source, day
on conflict do nothing
