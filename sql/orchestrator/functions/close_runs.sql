-- running → success or failed, for runs with nothing left to do: failed when a leaf failed
-- (Airflow's rule; graph/states.ts says the same), and then somebody is told. The scheduler is, since
-- the DAG's next run may start now. A run that somebody marked takes that state, and nobody is told: who
-- did it knows. The caller holds the runs' row locks. Returns which were closed, as
-- FinishResult.endedRuns (orchestrator/store/attempts.ts).
create or replace function terrace.close_runs(p_runs uuid[]) returns json
language plpgsql as $$
declare
  v_closed json;
  v_failed uuid[];
begin
  with over as (
    select r.id, r.stop_as from terrace.dag_run r
    where r.id = any(p_runs) and r.state = 'running' and r.n_unfinished = 0
  ), closed as (
    update terrace.dag_run r
    set ended_at = clock_timestamp(), stop_as = null,
      state = coalesce(o.stop_as, terrace.outcome_of_run(r.id))
    from over o where r.id = o.id
    returning r.id, r.dag_id, r.run_id, r.state, o.stop_as
  )
  select json_agg(json_build_object('dagRunId', c.id, 'dagId', c.dag_id, 'runId', c.run_id,
      'state', c.state)),
    array_agg(c.id) filter (where c.state = 'failed' and c.stop_as is null)
  into v_closed, v_failed
  from closed c;
  if v_closed is null then return '[]'; end if;

  if v_failed is not null then
    perform terrace.alert_run(r) from terrace.dag_run r where r.id = any(v_failed);
  end if;
  perform pg_notify('terrace_scheduler', 'run_ended');
  return v_closed;
end $$;

create or replace function terrace.outcome_of_run(p_run uuid) returns text
language sql stable as $$
  select case when exists (
    select from terrace.task_instance t
    where t.dag_run_id = p_run and t.is_leaf and t.state in ('failed', 'upstream_failed')
  ) then 'failed' else 'success' end
$$;
