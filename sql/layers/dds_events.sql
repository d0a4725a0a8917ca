-- title: Events
-- layer: dds
-- reads: raw_user_events, raw_order_service_orders
-- dag: raw_to_dds
-- tables: dds.nl_event
-- Rows as Postgres' statistics have them. The lag counts events of finished
-- loads that the marts of today have no published batch with.
with today as (
  select marts_id from dds.mart_batch order by batch_id desc limit 1
),
published as (
  select loaded.load_id, loaded.source
  from today
  inner join dds.mart_batch_load as loaded using (marts_id)
  inner join dds.mart_batch as batch using (batch_id)
  where batch.state = 'published'
)
select
  (
    select coalesce(sum(n_live_tup), 0)
    from pg_stat_user_tables
    where schemaname = 'dds' and relname = 'nl_event'
  ) as rows,
  (select max(finished_at) from dds.load) as newest_at,
  (
    select coalesce(sum(load_day.count_events), 0)
    from dds.load as load
    inner join dds.load_day using (load_id)
    where load.state = 'finished'
      and not exists (
        select from published
        where published.load_id = load_day.load_id
          and published.source = load_day.source
      )
  ) as lag
