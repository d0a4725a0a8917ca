-- Any state → none for the given task instances, so that they run again; attempts and logs are kept. What
-- runs becomes restarting: its worker stops it, and finish_attempts takes it to none when it is gone, so
-- that two attempts never overlap. Counts are recomputed under the runs' locks; ended runs go back to
-- queued when p_reset_runs, and start again as max_active_runs allows.
create or replace function terrace.clear_tasks(p_ids uuid[], p_reset_runs boolean)
returns int language plpgsql as $$
declare
  v_runs uuid[];
  v_restarting int;
  v_cleared int;
begin
  select array_agg(distinct t.dag_run_id) into v_runs
  from terrace.task_instance t where t.id = any(p_ids);
  if v_runs is null then return 0; end if;
  perform from terrace.dag_run r where r.id = any(v_runs) order by r.id for no key update;

  -- Rows first, in id order: a claim that came before is seen as running below.
  perform from terrace.task_instance t where t.id = any(p_ids) order by t.id for no key update;

  update terrace.task_instance t
  set state = 'restarting', max_tries = t.try_number + k.retries, n_failures = 0, n_losses = 0,
    stop_as = null, error = null
  from terrace.dag_task k
  where t.id = any(p_ids) and t.state in ('running', 'restarting')
    and k.dag_version_id = t.dag_version_id and k.task_id = t.task_id;
  get diagnostics v_restarting = row_count;
  v_cleared := terrace.reset_tasks(array(
    select t.id from terrace.task_instance t where t.id = any(p_ids) and t.state <> 'restarting'));

  perform terrace.recount_runs(v_runs);

  -- Whoever clears tasks wants them to run, whatever was decided about the run before.
  update terrace.dag_run r set stop_as = null where r.id = any(v_runs) and r.stop_as is not null;
  if p_reset_runs then
    update terrace.dag_run r
    set state = 'queued', ended_at = null, started_at = null, queued_at = clock_timestamp(),
      clear_number = r.clear_number + 1
    where r.id = any(v_runs) and r.state in ('success', 'failed');
  end if;
  select array_agg(r.id) into v_runs
  from terrace.dag_run r where r.id = any(v_runs) and r.state = 'running';
  if v_runs is not null then
    perform terrace.evaluate_runs(v_runs);
    perform terrace.close_runs(v_runs);
  end if;
  perform pg_notify('terrace_scheduler', 'cleared');
  return v_restarting + v_cleared;
end $$;

-- Any state but running and restarting → none, without what an attempt had left. The caller holds the
-- task instances and their runs, and recounts.
create or replace function terrace.reset_tasks(p_ids uuid[]) returns int
language plpgsql as $$
declare
  v_reset int;
begin
  perform terrace.release_slots(p_ids);
  delete from terrace.outbox o where o.task_instance_id = any(p_ids);
  delete from terrace.task_output o using terrace.task_instance t
  where t.id = any(p_ids) and o.dag_run_id = t.dag_run_id and o.task_id = t.task_id
    and o.map_index = t.map_index;
  update terrace.task_instance t
  set state = 'none', process_id = null,
    max_tries = t.try_number + k.retries, n_failures = 0, n_losses = 0, run_after = null,
    stop_as = null, error = null, cancel_requested = false, scheduled_at = null, queued_at = null,
    requeued_at = null, started_at = null, ended_at = null
  from terrace.dag_task k
  where t.id = any(p_ids) and k.dag_version_id = t.dag_version_id and k.task_id = t.task_id;
  get diagnostics v_reset = row_count;
  return v_reset;
end $$;

-- Every count of the given runs, computed from the states. Increments must always give the same; the
-- caller holds the runs' row locks.
create or replace function terrace.recount_runs(p_runs uuid[]) returns void
language plpgsql as $$
begin
  update terrace.task_instance t
  set n_success = x.success, n_failed = x.failed, n_skipped = x.skipped,
    n_upstream_failed = x.upstream_failed, n_removed = x.removed
  from (
    select d.id,
      count(*) filter (where u.state = 'success')::int as success,
      count(*) filter (where u.state = 'failed')::int as failed,
      count(*) filter (where u.state = 'skipped')::int as skipped,
      count(*) filter (where u.state = 'upstream_failed')::int as upstream_failed,
      count(*) filter (where u.state = 'removed')::int as removed
    from terrace.task_instance d
    join terrace.dag_edge e
      on e.dag_version_id = d.dag_version_id and e.downstream_task_id = d.task_id
    join terrace.task_instance u
      on u.dag_run_id = d.dag_run_id and u.task_id = e.upstream_task_id
    where d.dag_run_id = any(p_runs)
    group by d.id
  ) x
  where t.id = x.id
    and (t.n_success, t.n_failed, t.n_skipped, t.n_upstream_failed, t.n_removed)
      is distinct from (x.success, x.failed, x.skipped, x.upstream_failed, x.removed);

  update terrace.dag_run r
  set n_unfinished = x.unfinished, n_active = x.active
  from (
    select t.dag_run_id,
      count(*) filter (where t.state not in
        ('success', 'failed', 'skipped', 'upstream_failed', 'removed'))::int as unfinished,
      count(*) filter (where t.state in ('queued', 'running', 'restarting'))::int as active
    from terrace.task_instance t where t.dag_run_id = any(p_runs) group by t.dag_run_id
  ) x
  where r.id = x.dag_run_id;
end $$;
