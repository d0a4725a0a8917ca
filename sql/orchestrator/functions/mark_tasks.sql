-- Any state → success, failed or skipped for the given task instances, because somebody says so. What
-- runs is asked to stop, and takes the state when its attempt has ended: until then it holds its slot
-- and keeps its dependents waiting, so that no effects overlap. Of a mark and an end that come at the
-- same time the first under the run's lock is decided first, and the mark has the last word.
--
-- What had failed below the marked ones is cleared, as in Airflow: it is decided anew. An ended run with
-- such tasks starts again; one without follows its leaves.
create or replace function terrace.mark_tasks(p_ids uuid[], p_state text, p_error text)
returns void language plpgsql as $$
declare
  v_runs uuid[];
  v_below uuid[];
  v_running uuid[];
begin
  select array_agg(distinct t.dag_run_id) into v_runs
  from terrace.task_instance t where t.id = any(p_ids);
  if v_runs is null then return; end if;
  perform from terrace.dag_run r where r.id = any(v_runs) order by r.id for no key update;
  perform terrace.decide_by_hand(p_ids, p_state, p_error);

  v_below := terrace.failed_below(p_ids);
  perform terrace.reset_tasks(v_below);
  perform terrace.recount_runs(v_runs);

  update terrace.dag_run r
  set state = 'queued', stop_as = null, ended_at = null, started_at = null,
    queued_at = clock_timestamp(), clear_number = r.clear_number + 1
  where r.state in ('success', 'failed')
    and r.id in (select t.dag_run_id from terrace.task_instance t where t.id = any(v_below));
  update terrace.dag_run r set state = terrace.outcome_of_run(r.id)
  where r.state in ('success', 'failed') and r.n_unfinished = 0
    and r.id in (
      select t.dag_run_id from terrace.task_instance t where t.id = any(p_ids) and t.is_leaf);

  select array_agg(r.id) into v_running
  from terrace.dag_run r where r.id = any(v_runs) and r.state = 'running';
  if v_running is not null then
    perform terrace.evaluate_runs(v_running);
    perform terrace.close_runs(v_running);
  end if;
  perform pg_notify('terrace_scheduler', 'marked');
end $$;

-- A run → success or failed, because somebody says so, as in Airflow: for success every task becomes one;
-- for failed what runs fails and what has not started is skipped. While code of it still runs the run
-- stays running, so that it is not overlapped by the next one.
create or replace function terrace.mark_run(p_run uuid, p_state text, p_error text)
returns void language plpgsql as $$
declare
  v_ids uuid[];
  v_idle uuid[];
begin
  perform from terrace.dag_run r where r.id = p_run for no key update;
  perform from terrace.dag_run r
  where r.id = p_run and r.state = p_state and r.n_unfinished = 0;
  if found then return; end if;

  -- A claim takes no run lock: the rows are held before their states are read.
  perform from terrace.task_instance t where t.dag_run_id = p_run order by t.id for no key update;
  if p_state = 'success' then
    select array_agg(t.id) into v_ids from terrace.task_instance t where t.dag_run_id = p_run;
    perform terrace.decide_by_hand(v_ids, 'success', p_error);
  else
    select array_agg(t.id) filter (where t.state in ('running', 'restarting')),
      array_agg(t.id) filter (where t.state not in ('running', 'restarting', 'success', 'failed',
        'skipped', 'upstream_failed', 'removed'))
    into v_ids, v_idle
    from terrace.task_instance t where t.dag_run_id = p_run;
    perform terrace.decide_by_hand(v_ids, 'failed', p_error);
    perform terrace.decide_by_hand(v_idle, 'skipped', p_error);
  end if;
  perform terrace.recount_runs(array[p_run]);
  update terrace.dag_run r
  set state = 'running', stop_as = p_state, ended_at = null,
    started_at = coalesce(r.started_at, clock_timestamp())
  where r.id = p_run;
  perform terrace.close_runs(array[p_run]);
  perform pg_notify('terrace_scheduler', 'marked');
end $$;

-- Gives task instances a state, or asks their attempts to stop and take it. The caller holds the runs'
-- row locks and recounts. What has the state already is left as it is.
create or replace function terrace.decide_by_hand(p_ids uuid[], p_state text, p_error text)
returns void language plpgsql as $$
declare
  v_idle uuid[];
begin
  -- Rows first, in id order: a claim that came before is seen as running below.
  perform from terrace.task_instance t where t.id = any(p_ids) order by t.id for no key update;
  update terrace.task_instance t
  set state = 'running', cancel_requested = true, stop_as = p_state,
    error = case when p_state <> 'success' then p_error end
  where t.id = any(p_ids) and t.state in ('running', 'restarting');

  select array_agg(t.id) into v_idle
  from terrace.task_instance t
  where t.id = any(p_ids) and t.state not in ('running', p_state);
  perform terrace.release_slots(v_idle);
  delete from terrace.outbox o where o.task_instance_id = any(v_idle);
  update terrace.task_instance t
  set state = p_state, run_after = null, ended_at = clock_timestamp(),
    error = case when p_state <> 'success' then p_error end
  where t.id = any(v_idle);
end $$;

-- Whatever failed below the given task instances, in their runs, without these themselves.
create or replace function terrace.failed_below(p_ids uuid[]) returns uuid[]
language sql stable as $$
  with recursive below as (
    select t.dag_run_id, t.dag_version_id, t.task_id
    from terrace.task_instance t where t.id = any(p_ids)
    union
    select b.dag_run_id, b.dag_version_id, e.downstream_task_id
    from below b
    join terrace.dag_edge e
      on e.dag_version_id = b.dag_version_id and e.upstream_task_id = b.task_id
  )
  select coalesce(array_agg(t.id), '{}')
  from below b
  join terrace.task_instance t on t.dag_run_id = b.dag_run_id and t.task_id = b.task_id
  where t.state in ('failed', 'upstream_failed') and t.id <> all(p_ids)
$$;
