-- Offending: events of the loads ($1) whose user, session or product is in no hub.
select event.event_id, event.user_hk, event.session_hk, event.product_hk
from dds.nl_event as event
left join dds.h_user using (user_hk)
left join dds.h_session using (session_hk)
left join dds.h_product using (product_hk)
where event.load_id = any($1::bigint[])
  and (
    h_user.user_hk is null
    or h_session.session_hk is null
    or h_product.product_hk is null
  )
