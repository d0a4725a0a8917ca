-- Offending: hub rows of the loads ($1) whose key is not the hash of their business key. Where none
-- is, the primary key proves that each business key stands in its hub once.
-- Kind: check. Reads: dds.h_campaign, dds.h_category, dds.h_location, dds.h_order, dds.h_product,
-- dds.h_session, dds.h_user.
select
  'h_user' as hub,
  user_hk as hub_hk,
  source,
  user_id as business_key
from dds.h_user
where load_id = any($1::bigint[])
  and user_hk <> dds.hash_key(source, user_id)
union all
select
  'h_product' as hub,
  product_hk as hub_hk,
  source,
  product_id as business_key
from dds.h_product
where load_id = any($1::bigint[])
  and product_hk <> dds.hash_key(source, product_id)
union all
select
  'h_session' as hub,
  session_hk as hub_hk,
  source,
  session_id as business_key
from dds.h_session
where load_id = any($1::bigint[])
  and session_hk <> dds.hash_key(source, session_id)
union all
select
  'h_category' as hub,
  category_hk as hub_hk,
  source,
  category as business_key
from dds.h_category
where load_id = any($1::bigint[])
  and category_hk <> dds.hash_key(source, category)
union all
select
  'h_order' as hub,
  order_hk as hub_hk,
  source,
  order_id as business_key
from dds.h_order
where load_id = any($1::bigint[])
  and order_hk <> dds.hash_key(source, order_id)
union all
select
  'h_campaign' as hub,
  campaign_hk as hub_hk,
  source,
  campaign_id as business_key
from dds.h_campaign
where load_id = any($1::bigint[])
  and campaign_hk <> dds.hash_key(source, campaign_id)
union all
select
  'h_location' as hub,
  location_hk as hub_hk,
  source,
  location_id as business_key
from dds.h_location
where load_id = any($1::bigint[])
  and location_hk <> dds.hash_key(source, location_id)
