-- Grain: one load that every target has. Kind: state change; its staged rows go.
-- Reads: dds.stage_event, dds.stage_order, dds.stage_order_line, dds.stage_order_status,
-- dds.stage_product, dds.nl_event. Parameters: $1 load ids.
--
-- A load whose events are not all in dds.nl_event stays staged.
with missing as (
  select staged.load_id
  from dds.stage_event as staged
  left join dds.nl_event as loaded using (event_hk)
  where staged.load_id = any($1::bigint[]) and loaded.event_hk is null
),
finished as (
  update dds.load
  set state = 'finished', finished_at = (select clock_timestamp())
  where load_id = any($1::bigint[])
    and state = 'staged'
    and load_id not in (select load_id from missing)
  returning load_id
),
emptied_orders as (
  delete from dds.stage_order
  where load_id in (select load_id from finished)
),
emptied_lines as (
  delete from dds.stage_order_line
  where load_id in (select load_id from finished)
),
emptied_statuses as (
  delete from dds.stage_order_status
  where load_id in (select load_id from finished)
),
emptied_products as (
  delete from dds.stage_product
  where load_id in (select load_id from finished)
),
emptied as (
  delete from dds.stage_event
  where load_id in (select load_id from finished)
)
select load_id from finished
