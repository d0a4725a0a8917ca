-- Grain: one batch of the marts that is not published: on its way, or set aside. Kind: query. Reads:
-- dds.load_day, dds.mart_batch, dds.mart_batch_day, dds.mart_batch_failure, dds.mart_batch_load,
-- dds.mart_load_aside. Runs in Postgres.
with loads as (
  select batch_id, source, load_id from dds.mart_batch_load
  union all
  select batch_id, source, load_id from dds.mart_load_aside
)
select
  batch.batch_id,
  batch.source,
  batch.state,
  batch.count_loads as loads,
  (
    select coalesce(sum(load_day.count_events), 0)
    from loads
    inner join dds.load_day using (load_id, source)
    where loads.batch_id = batch.batch_id
  )::text as events,
  days.first_day,
  days.last_day,
  to_char(
    batch.frozen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
  ) as frozen_at,
  (
    select count(distinct run_id)::int
    from dds.mart_batch_failure
    where batch_id = batch.batch_id
  ) as failed_runs,
  coalesce(
    batch.problem,
    (
      select task_id || ': ' || problem
      from dds.mart_batch_failure
      where batch_id = batch.batch_id
      order by failed_at desc, task_id
      limit 1
    )
  ) as problem
from dds.mart_batch as batch
cross join lateral (
  select min(day)::text as first_day, max(day)::text as last_day
  from dds.mart_batch_day
  where batch_id = batch.batch_id
) as days
where batch.state in ('frozen', 'set_aside')
order by batch.batch_id
