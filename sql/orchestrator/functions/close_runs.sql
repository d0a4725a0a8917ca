-- running → success or failed, for runs with nothing left to do: failed when a leaf failed
-- (Airflow's rule; graph/states.ts says the same). The scheduler is told, since the DAG's next run
-- may start now. The caller holds the runs' row locks.
create or replace function terrace.close_runs(p_runs uuid[]) returns setof terrace.dag_run
language plpgsql as $$
declare
  v_run terrace.dag_run;
  v_any boolean := false;
begin
  for v_run in
    update terrace.dag_run r
    set ended_at = clock_timestamp(),
      state = case when exists (
        select from terrace.task_instance t
        where t.dag_run_id = r.id and t.is_leaf and t.state in ('failed', 'upstream_failed')
      ) then 'failed' else 'success' end
    where r.id = any(p_runs) and r.state = 'running' and r.n_unfinished = 0
    returning r.*
  loop
    v_any := true;
    if v_run.state = 'failed' then perform terrace.alert_run(v_run); end if;
    return next v_run;
  end loop;
  if v_any then
    perform pg_notify('terrace_scheduler', 'run_ended');
  end if;
end $$;

-- Closes runs and tells which, as FinishResult.endedRuns (orchestrator/store/attempts.ts).
create or replace function terrace.describe_closed(p_runs uuid[]) returns json
language plpgsql as $$
begin
  return (select coalesce(json_agg(json_build_object('dagRunId', c.id, 'dagId', c.dag_id,
    'runId', c.run_id, 'state', c.state)), '[]') from terrace.close_runs(p_runs) c);
end $$;
