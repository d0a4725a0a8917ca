-- Grain: one row. Events that a batch changes by what it says of sessions and products, up to the
-- most that is worth going by keys. Kind: query. Reads: dds.load_key, dds.mart_batch_key,
-- dds.mart_batch_load, dds.nl_event. Parameters: $1 batch id, $2 the most. Runs in Postgres.
with of_sessions as (
  select 1
  from dds.mart_batch_key as told
  inner join dds.nl_event as event on event.session_hk = told.hash_key
  where told.batch_id = $1
    and told.hub = 'session'
    and event.session_hk <> dds.ghost_key()
  limit $2
),
of_products as (
  select 1
  from dds.mart_batch_load
  inner join dds.load_key as told using (load_id)
  inner join dds.nl_event as event
    on event.product_hk = told.hash_key
    and event.source = mart_batch_load.source
  where batch_id = $1
    and told.hub = 'product'
    and event.product_hk <> dds.ghost_key()
  limit $2
)
select
  (select count(*) from of_sessions) + (select count(*) from of_products)
    as count_events
