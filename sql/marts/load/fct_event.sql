-- Grain: one event of the days asked for. Kind: fact; its days are replaced as a whole.
-- Reads: dds.nl_event, dds.h_user, dds.h_session, dds.h_product, dds.ref_source.
-- Runs in Postgres as the query of a COPY. Settings: terrace.marts_id, terrace.days.
--
-- Only loads that a batch has listed: one that finishes now belongs to the next batch.
with asked as (
  select unnest(current_setting('terrace.days')::date[]) as day
),
span as (
  -- A day of any zone lies within this much of the same day in UTC.
  select
    min(day)::timestamp at time zone 'UTC' - interval '1 day' as from_time,
    max(day)::timestamp at time zone 'UTC' + interval '2 days' as until_time
  from asked
),
listed as (
  select load_id
  from dds.mart_batch_load
  where marts_id = current_setting('terrace.marts_id')::uuid
),
events as (
  select
    event.*,
    (event.occurred_at
      at time zone coalesce(ref_source.time_zone, 'UTC'))::date as day
  from dds.nl_event as event
  left join dds.ref_source using (source)
  where event.occurred_at >= (select from_time from span)
    and event.occurred_at < (select until_time from span)
    and event.load_id in (select load_id from listed)
)
select
  events.source,
  to_char(events.day, 'YYYY-MM-DD') as day,
  to_char(events.occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    as occurred_at,
  events.event_hk,
  events.event_id,
  events.event_type,
  case when events.user_hk <> dds.ghost_key() then h_user.user_id end
    as user_id,
  case when events.session_hk <> dds.ghost_key() then h_session.session_id end
    as session_id,
  case when events.product_hk <> dds.ghost_key() then h_product.product_id end
    as product_id,
  events.platform,
  events.quantity,
  events.unit_price,
  events.currency
from events
left join dds.h_user using (user_hk)
left join dds.h_session using (session_hk)
left join dds.h_product using (product_hk)
where events.day in (select day from asked)
