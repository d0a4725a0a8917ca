-- Grain: one day of its source that a batch reopens. Kind: insert-only, frozen with the batch. Reads:
-- dds.batch_events, dds.batch_orders, dds.l_order_product, dds.load, dds.load_day,
-- dds.mart_batch, dds.mart_batch_load, dds.nl_event, dds.ref_source, dds.s_order_cost,
-- dds.s_order_line, dds.s_order_status. Parameters: $1 batch id, $2 whether its days are loaded whole.
-- Runs in Postgres.
--
-- raw → dds says which days its rows change. An event may also move the first event of its session
-- or the time of its order, which are other days: all days of these come along. Of a batch that
-- loads what it changes, so do the days of all that. A batch of whole days does not know what it changes:
-- the days of loads that finished after its own and that the marts hold already come along.
with this_batch as (
  select marts_id, source
  from dds.mart_batch
  where batch_id = $1
),
loads as (
  select load.load_id, load.finished_at
  from dds.mart_batch_load
  inner join dds.load using (load_id)
  where batch_id = $1
),
touched as materialized (
  select event.session_hk, event.order_hk
  from loads
  inner join dds.nl_event as event using (load_id)
  where event.source = (select source from this_batch)
  union
  select dds.ghost_key(), order_hk
  from dds.batch_orders($1)
  where not $2
),
moments as (
  select event.occurred_at as moment
  from (
    select distinct session_hk
    from touched
    where session_hk <> dds.ghost_key()
  ) as held
  inner join dds.nl_event as event
    on event.session_hk = held.session_hk
    and event.session_hk <> dds.ghost_key()
  union all
  select event.occurred_at
  from dds.batch_events($1)
  inner join dds.nl_event as event using (event_hk)
  where not $2
  union all
  select said.moment
  from (
    select distinct order_hk
    from touched
    where order_hk <> dds.ghost_key()
  ) as ordered
  cross join lateral (
    select ordered_at as moment
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
  select load_day.day, load_day.is_whole or $2 as is_whole
  from loads
  inner join dds.load_day using (load_id)
  where load_day.source = (select source from this_batch)
  union all
  select dds.day_of(moments.moment, ref_source.time_zone), $2
  from moments
  cross join this_batch
  left join dds.ref_source using (source)
  union all
  select load_day.day, true
  from this_batch
  inner join dds.mart_batch_load as held using (marts_id, source)
  inner join dds.load using (load_id)
  inner join dds.load_day
    on load_day.load_id = held.load_id and load_day.source = held.source
  where $2
    and held.batch_id <> $1
    and load.finished_at > (select min(finished_at) from loads)
)
insert into dds.mart_batch_day (batch_id, source, day, is_whole)
select $1, this_batch.source, days.day, bool_or(days.is_whole)
from days
cross join this_batch
group by this_batch.source, days.day
on conflict do nothing
