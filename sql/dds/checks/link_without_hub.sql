-- Offending: rows of links and effectivity satellites of the loads ($1) with an end in no hub.
-- Kind: check. Reads: dds.es_product_category, dds.h_campaign, dds.h_category, dds.h_location,
-- dds.h_order, dds.h_product, dds.h_session, dds.h_user, dds.l_order_campaign, dds.l_order_product,
-- dds.l_order_session, dds.l_order_user, dds.l_product_category, dds.l_session_location,
-- dds.l_session_user.
select
  'l_session_user' as link,
  link.session_user_hk as link_hk,
  session_hk as first_hk,
  user_hk as second_hk
from dds.l_session_user as link
left join dds.h_session using (session_hk)
left join dds.h_user using (user_hk)
where link.load_id = any($1::bigint[])
  and (h_session.load_dts is null or h_user.load_dts is null)
union all
select
  'l_order_user' as link,
  link.order_user_hk as link_hk,
  order_hk as first_hk,
  user_hk as second_hk
from dds.l_order_user as link
left join dds.h_order using (order_hk)
left join dds.h_user using (user_hk)
where link.load_id = any($1::bigint[])
  and (h_order.load_dts is null or h_user.load_dts is null)
union all
select
  'l_order_session' as link,
  link.order_session_hk as link_hk,
  order_hk as first_hk,
  session_hk as second_hk
from dds.l_order_session as link
left join dds.h_order using (order_hk)
left join dds.h_session using (session_hk)
where link.load_id = any($1::bigint[])
  and (h_order.load_dts is null or h_session.load_dts is null)
union all
select
  'l_order_campaign' as link,
  link.order_campaign_hk as link_hk,
  order_hk as first_hk,
  campaign_hk as second_hk
from dds.l_order_campaign as link
left join dds.h_order using (order_hk)
left join dds.h_campaign using (campaign_hk)
where link.load_id = any($1::bigint[])
  and (h_order.load_dts is null or h_campaign.load_dts is null)
union all
select
  'l_order_product' as link,
  link.order_product_hk as link_hk,
  order_hk as first_hk,
  product_hk as second_hk
from dds.l_order_product as link
left join dds.h_order using (order_hk)
left join dds.h_product using (product_hk)
where link.load_id = any($1::bigint[])
  and (h_order.load_dts is null or h_product.load_dts is null)
union all
select
  'l_product_category' as link,
  link.product_category_hk as link_hk,
  product_hk as first_hk,
  category_hk as second_hk
from dds.l_product_category as link
left join dds.h_product using (product_hk)
left join dds.h_category using (category_hk)
where link.load_id = any($1::bigint[])
  and (h_product.load_dts is null or h_category.load_dts is null)
union all
select
  'l_session_location' as link,
  link.session_location_hk as link_hk,
  session_hk as first_hk,
  location_hk as second_hk
from dds.l_session_location as link
left join dds.h_session using (session_hk)
left join dds.h_location using (location_hk)
where link.load_id = any($1::bigint[])
  and (h_session.load_dts is null or h_location.load_dts is null)
union all
select
  'es_product_category' as link,
  link.product_category_hk as link_hk,
  product_hk as first_hk,
  category_hk as second_hk
from dds.es_product_category as link
left join dds.h_product using (product_hk)
left join dds.h_category using (category_hk)
where link.load_id = any($1::bigint[])
  and (h_product.load_dts is null or h_category.load_dts is null)
