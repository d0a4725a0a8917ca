-- Any state → none for the given task instances, so that they run again: a running attempt is no
-- longer its worker's (who aborts it; whatever it still writes is refused) and is kept in the history
-- as cancelled. Counts are recomputed under the runs' locks; ended runs go back to queued when
-- p_reset_runs, and start again as max_active_runs allows. Attempts and logs are kept.
create or replace function terrace.clear_tasks(p_ids uuid[], p_reset_runs boolean)
returns int language plpgsql as $$
declare
  v_runs uuid[];
  v_cleared int;
begin
  select array_agg(distinct t.dag_run_id) into v_runs
  from terrace.task_instance t where t.id = any(p_ids);
  if v_runs is null then return 0; end if;
  perform from terrace.dag_run r where r.id = any(v_runs) order by r.id for no key update;

  -- Rows first, in id order: a claim that came before is seen as running below.
  perform from terrace.task_instance t where t.id = any(p_ids) order by t.id for no key update;

  insert into terrace.task_attempt (task_instance_id, try_number, fence, outcome, process_id,
    hostname, queued_at, started_at, ended_at, error)
  select t.id, t.try_number, t.fence, 'cancelled', t.process_id, p.hostname, t.queued_at,
    t.started_at, clock_timestamp(), 'Cleared while it ran.'
  from terrace.task_instance t left join terrace.process p on p.id = t.process_id
  where t.id = any(p_ids) and t.state = 'running';

  perform terrace.release_slots(p_ids);
  delete from terrace.outbox o where o.task_instance_id = any(p_ids);
  delete from terrace.task_output o using terrace.task_instance t
  where t.id = any(p_ids) and o.dag_run_id = t.dag_run_id and o.task_id = t.task_id
    and o.map_index = t.map_index;

  update terrace.task_instance t
  set state = 'none', process_id = null,
    max_tries = t.try_number + k.retries, n_failures = 0, n_losses = 0, run_after = null,
    error = null, cancel_requested = false, scheduled_at = null, queued_at = null,
    requeued_at = null, started_at = null, ended_at = null
  from terrace.dag_task k
  where t.id = any(p_ids) and k.dag_version_id = t.dag_version_id and k.task_id = t.task_id;
  get diagnostics v_cleared = row_count;

  perform terrace.recount_runs(v_runs);

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
  return v_cleared;
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
      count(*) filter (where t.state in ('queued', 'running'))::int as active
    from terrace.task_instance t where t.dag_run_id = any(p_runs) group by t.dag_run_id
  ) x
  where r.id = x.dag_run_id;
end $$;
