-- Grain: one order that a batch changes. Kind: query, what a load of changes asks for. Reads:
-- dds.batch_orders. Runs in Postgres. Settings: terrace.batch_id.
select order_hk
from dds.batch_orders(current_setting('terrace.batch_id')::bigint)
