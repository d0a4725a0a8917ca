-- Offending: what events of the loads ($1) say, and is in no satellite. A line whose order has not
-- arrived is looked for like any other: it stands on a ghost and is not lost. Products and
-- orders are named by their ids.
-- Kind: check. Reads: dds.es_product_category, dds.l_session_location, dds.s_campaign,
-- dds.s_order_cost, dds.s_order_line, dds.s_order_status, dds.s_product_price,
-- dds.s_session_device, dds.s_user_profile, dds.stage_event, dds.stage_order, dds.stage_order_line,
-- dds.stage_order_status, dds.stage_product, dds.h_order.
with staged as (
  select
    event_id, event_type, occurred_at, user_hk, session_hk, campaign_hk, source,
    payload
  from dds.stage_event
  where load_id = any($1::bigint[])
)
select event_id as said_by, 's_user_profile' as satellite
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
select staged.product_id, 's_product_price'
from dds.stage_product as staged
left join dds.s_product_price as kept
  on kept.product_hk = staged.product_hk
  and kept.applied_at = staged.seen_at
  and kept.price = staged.price
  and kept.currency is not distinct from staged.currency
where staged.load_id = any($1::bigint[])
  and staged.price is not null
  and kept.product_hk is null
union all
select staged.product_id, 'es_product_category'
from dds.stage_product as staged
left join dds.es_product_category as kept
  on kept.product_category_hk = staged.product_category_hk
  and kept.applied_at = staged.seen_at
where staged.load_id = any($1::bigint[])
  and staged.category is not null
  and kept.product_category_hk is null
union all
select event_id, 's_campaign'
from staged
left join dds.s_campaign as kept
  on kept.campaign_hk = staged.campaign_hk
  and kept.applied_at = date_trunc('hour', staged.occurred_at, 'UTC')
where event_type = 'campaign_event' and kept.campaign_hk is null
union all
select staged.order_id, 's_order_cost'
from dds.stage_order as staged
left join dds.s_order_cost as kept
  on kept.order_hk = staged.order_hk
  and kept.applied_at = staged.updated_at
  and kept.version_hk is not distinct from staged.version_hk
where staged.load_id = any($1::bigint[]) and kept.order_hk is null
union all
select staged.order_id, 's_order_line'
from dds.stage_order_line as staged
left join dds.s_order_line as kept
  on kept.order_product_hk = staged.order_product_hk
  and kept.applied_at = staged.updated_at
  and kept.version_hk is not distinct from staged.version_hk
where staged.load_id = any($1::bigint[]) and kept.order_product_hk is null
union all
select h_order.order_id, 's_order_status'
from dds.stage_order_status as staged
inner join dds.h_order using (order_hk)
left join dds.s_order_status as kept
  on kept.order_hk = staged.order_hk
  and kept.status = staged.status
  and kept.status_at = staged.status_at
where staged.load_id = any($1::bigint[]) and kept.order_hk is null
