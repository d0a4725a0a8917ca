-- Offending: events of the loads ($1) that point to a row that is in no hub.
-- Kind: check. Reads: dds.h_campaign, dds.h_order, dds.h_product, dds.h_session, dds.h_user,
-- dds.nl_event.
select
  event.event_id,
  event.user_hk,
  event.session_hk,
  event.product_hk,
  event.order_hk,
  event.campaign_hk
from dds.nl_event as event
left join dds.h_user using (user_hk)
left join dds.h_session using (session_hk)
left join dds.h_product using (product_hk)
left join dds.h_order using (order_hk)
left join dds.h_campaign using (campaign_hk)
where event.load_id = any($1::bigint[])
  and (
    h_user.user_hk is null
    or h_session.session_hk is null
    or h_product.product_hk is null
    or h_order.order_hk is null
    or h_campaign.campaign_hk is null
  )
