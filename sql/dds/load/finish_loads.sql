-- Grain: one load that every target has. Kind: state change; its staged rows go.
-- Reads: dds.stage_event, dds.nl_event. Parameters: $1 load ids.
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
  set state = 'finished', finished_at = clock_timestamp()
  where load_id = any($1::bigint[])
    and state = 'staged'
    and load_id not in (select load_id from missing)
  returning load_id
),
emptied as (
  delete from dds.stage_event
  where load_id in (select load_id from finished)
)
select load_id from finished
