-- Offending: events of the loads ($1) whose attributes are in no satellite. A line whose order has not
-- arrived is looked for like any other: it stands on a ghost and is not lost.
-- Kind: check. Reads: dds.es_product_category, dds.l_session_location, dds.s_campaign,
-- dds.s_order_cost, dds.s_order_line, dds.s_order_status, dds.s_product_price,
-- dds.s_session_device, dds.s_user_profile, dds.stage_event.
with staged as (
  select
    event_id, event_type, occurred_at, user_hk, session_hk, product_hk,
    category_hk, order_hk, campaign_hk, source, order_id, product_id, payload,
    date_trunc('hour', occurred_at at time zone 'UTC') at time zone 'UTC'
      as seen_at
  from dds.stage_event
  where load_id = any($1::bigint[])
)
select event_id, 's_user_profile' as satellite
from staged
left join dds.s_user_profile as kept
  on kept.user_hk = staged.user_hk and kept.applied_at = staged.occurred_at
where event_type in ('signup', 'user_profile') and kept.user_hk is null
union all
select event_id, 's_session_device'
from staged
left join dds.s_session_device as kept
  on kept.session_hk = staged.session_hk
  and kept.applied_at = staged.occurred_at
where event_type = 'user_device' and kept.session_hk is null
union all
select event_id, 'l_session_location'
from staged
left join dds.l_session_location as kept
  on kept.session_hk = staged.session_hk
  and kept.location_hk = dds.hash_key(
    staged.source,
    dds.place(
      (staged.payload ->> 'lat')::numeric, (staged.payload ->> 'lon')::numeric
    )
  )
where event_type = 'user_location' and kept.session_hk is null
union all
select event_id, 's_product_price'
from staged
left join dds.s_product_price as kept
  on kept.product_hk = staged.product_hk
  and kept.applied_at = staged.seen_at
  and kept.currency = staged.payload #>> '{product,currency}'
where event_type in ('view', 'cart', 'purchase') and kept.product_hk is null
union all
select event_id, 'es_product_category'
from staged
left join dds.es_product_category as kept
  on kept.product_hk = staged.product_hk
  and kept.category_hk = staged.category_hk
  and kept.applied_at = staged.seen_at
where staged.category_hk <> dds.ghost_key() and kept.product_hk is null
union all
select event_id, 's_campaign'
from staged
left join dds.s_campaign as kept
  on kept.campaign_hk = staged.campaign_hk
  and kept.applied_at = staged.seen_at
where event_type = 'campaign_event' and kept.campaign_hk is null
union all
select event_id, 's_order_cost'
from staged
left join dds.s_order_cost as kept
  on kept.order_hk = staged.order_hk and kept.applied_at = staged.occurred_at
where event_type = 'order' and kept.order_hk is null
union all
select event_id, 's_order_line'
from staged
left join dds.s_order_line as kept
  on kept.order_product_hk = dds.hash_key(
    staged.source, staged.order_id,
    ((staged.payload ->> 'line_no')::int)::text, staged.product_id
  )
  and kept.applied_at = staged.occurred_at
where event_type = 'order_item' and kept.order_product_hk is null
union all
select event_id, 's_order_status'
from staged
left join dds.s_order_status as kept
  on kept.order_hk = staged.order_hk
  and kept.status = staged.payload ->> 'status'
  and kept.status_at = (staged.payload ->> 'at')::timestamptz
where event_type = 'order_status' and kept.order_hk is null
