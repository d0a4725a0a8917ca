-- Records that assets were updated, and lines the events up for every DAG scheduled on them that is
-- not paused (a paused DAG collects none, as in Airflow).
-- p_events: [{"asset", "extra", "dagId", "runId", "taskId", "mapIndex"}]
create or replace function terrace.emit_assets(p_events jsonb) returns void
language plpgsql as $$
begin
  insert into terrace.asset (name)
  select distinct e ->> 'asset' from jsonb_array_elements(p_events) e order by 1
  on conflict do nothing;

  with event as (
    insert into terrace.asset_event
      (id, asset_name, extra, source_dag_id, source_run_id, source_task_id, source_map_index)
    select terrace.uuid_v7(), e ->> 'asset', coalesce(e -> 'extra', '{}'), e ->> 'dagId',
      e ->> 'runId', e ->> 'taskId', (e ->> 'mapIndex')::int
    from jsonb_array_elements(p_events) e
    returning id, asset_name
  )
  insert into terrace.asset_pending (dag_id, asset_event_id, asset_name)
  select s.dag_id, event.id, event.asset_name
  from event
  join terrace.asset_schedule s on s.asset_name = event.asset_name
  join terrace.dag d on d.dag_id = s.dag_id and not d.is_paused and not d.is_stale;

  perform pg_notify('terrace_scheduler', 'asset_event');
end $$;
