-- Grain: one. Kind: query. Reads: dds.load, dds.load_day, dds.mart_batch,
-- dds.mart_batch_load. Loads of dds that are under way, and finished ones of which the marts of today do not
-- have every source yet.
with today as (
  select marts_id from dds.mart_batch order by batch_id desc limit 1
)
select
  (select count(*) from dds.load where state = 'staged')::text as staged,
  (
    select count(distinct load.load_id)
    from dds.load
    inner join dds.load_day as reopened using (load_id)
    where load.state = 'finished'
      and not exists (
        select
        from dds.mart_batch_load as loaded
        inner join dds.mart_batch as batch using (batch_id)
        where loaded.load_id = load.load_id
          and loaded.source = reopened.source
          and batch.state = 'published'
          and loaded.marts_id in (select marts_id from today)
      )
  )::text as unpublished
