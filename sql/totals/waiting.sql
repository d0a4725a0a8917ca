-- Grain: one. Kind: query. Reads: dds.load, dds.mart_batch, dds.mart_batch_load.
-- Loads of dds that are under way, and finished ones that the marts of today do not have yet.
with today as (
  select marts_id from dds.mart_batch order by batch_id desc limit 1
)
select
  (select count(*) from dds.load where state = 'staged')::text as staged,
  (
    select count(*)
    from dds.load
    where state = 'finished'
      and not exists (
        select
        from dds.mart_batch_load as loaded
        inner join dds.mart_batch as batch using (batch_id)
        where loaded.load_id = load.load_id
          and batch.state = 'published'
          and loaded.marts_id in (select marts_id from today)
      )
  )::text as unpublished
