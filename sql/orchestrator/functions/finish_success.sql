-- finish_attempts for one success that brings neither skips nor asset events, which is what a chain
-- and a quiet worker send: the same transitions, as statements on one row each.
--
-- Why beside the other: there a finish costs the set-up of a dozen joins over arrays, however few rows
-- they find. For many ends at once the joins win by far. The property test runs both.
create or replace function terrace.finish_success(
  p_process uuid, p_id uuid, p_fence int, p_output json, p_code_hash text, p_continue_here boolean
) returns json language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_run uuid;
  v_task record;
  v_worker record;
  v_next record;
  v_ready uuid[] := '{}';
  v_ended uuid[] := '{}';
  v_continued uuid[] := '{}';
  v_queued terrace.outbox[] := '{}';
  v_n_unfinished int;
begin
  select r.id into v_run
  from terrace.dag_run r
  where r.id = (select t.dag_run_id from terrace.task_instance t where t.id = p_id)
  for no key update;

  update terrace.task_instance t
  set state = 'success', run_after = null, ended_at = clock_timestamp(), process_id = null,
    cancel_requested = false, error = null
  where t.id = p_id and t.fence = p_fence and t.state = 'running' and t.process_id = p_process
    and t.stop_as is null
  returning t.dag_version_id, t.task_id, t.map_index, t.try_number, t.fence, t.queued_at,
    t.started_at, t.ended_at, t.pool, t.pool_slots, t.queue
  into v_task;
  if not found then
    -- Somebody else's by now, or one that somebody stopped.
    return terrace.finish_attempts(p_process, json_build_array(json_build_object(
      'taskInstanceId', p_id, 'fence', p_fence, 'outcome', 'success', 'output', p_output,
      'codeHash', p_code_hash, 'continueHere', false, 'skipTaskIds', '[]'::json,
      'assetEvents', '[]'::json)));
  end if;

  select p.hostname, p.state = 'running' and p.lease_until > clock_timestamp() as is_alive
  into v_worker
  from terrace.process p where p.id = p_process;
  insert into terrace.task_attempt (task_instance_id, try_number, fence, outcome, process_id,
    hostname, code_hash, queued_at, started_at, ended_at)
  values (p_id, v_task.try_number, v_task.fence, 'success', p_process, v_worker.hostname, p_code_hash,
    v_task.queued_at, v_task.started_at, v_task.ended_at);
  if p_output is not null then
    insert into terrace.task_output (dag_run_id, task_id, map_index, value)
    values (v_run, v_task.task_id, v_task.map_index, p_output)
    on conflict (dag_run_id, task_id, map_index, key)
      do update set value = excluded.value, created_at = now();
  end if;

  -- The only dependent, or one of several.
  select t.id, t.state, t.pool, t.pool_slots, t.queue, t.priority_weight,
    count(*) over () = 1 as is_only,
    terrace.decide(t.trigger_rule, t.n_upstream, t.n_success + 1, t.n_failed, t.n_skipped,
      t.n_upstream_failed, t.n_removed) as follows
  into v_next
  from terrace.dag_edge e
  join terrace.task_instance t on t.dag_run_id = v_run and t.task_id = e.downstream_task_id
  where e.dag_version_id = v_task.dag_version_id and e.upstream_task_id = v_task.task_id
  limit 1;

  if p_continue_here and v_worker.is_alive and v_next.is_only and v_next.state = 'none'
    and v_next.follows = 'run' and v_next.queue = v_task.queue and v_next.pool = v_task.pool
    and v_next.pool_slots = v_task.pool_slots and not exists (
      select from terrace.task_instance w
      where w.pool = v_next.pool and w.state = 'scheduled'
        and w.priority_weight > v_next.priority_weight)
  then
    -- none → running in the slot of the one that ended, as propagate_ends and continue_attempts would
    -- have it; its run has as many active tasks as before, its pool as many slots.
    update terrace.task_instance t
    set n_success = t.n_success + 1, state = 'running', try_number = t.try_number + 1,
      fence = t.fence + 1, queue_sequence = 0, process_id = p_process,
      scheduled_at = v_task.ended_at, queued_at = v_task.ended_at, started_at = clock_timestamp(),
      ended_at = null, error = null, cancel_requested = false
    where t.id = v_next.id;
    update terrace.dag_run r set n_unfinished = r.n_unfinished - 1 where r.id = v_run;
    return terrace.finish_result('[]', '[]', terrace.describe_claims(array[v_next.id]), '[]');
  end if;

  if v_next.id is not null then
    select p.ready, p.ended into v_ready, v_ended from terrace.propagate_ends(array[p_id]) p;
    if p_continue_here and cardinality(v_ready) > 0 then
      v_continued := terrace.continue_attempts(p_process, null, array[p_id], v_ready);
    end if;
  end if;
  update terrace.dag_run r
  set n_active = r.n_active - 1 + cardinality(v_continued),
    n_unfinished = r.n_unfinished - 1 - cardinality(v_ended)
  where r.id = v_run
  returning r.n_unfinished into v_n_unfinished;
  v_queued := terrace.pass_slots_on(array[p_id], v_ready, v_continued);
  return terrace.finish_result('[]', terrace.describe_queued(v_queued),
    case when v_continued = '{}' then '[]' else terrace.describe_claims(v_continued) end,
    case when v_n_unfinished > 0 then '[]' else terrace.close_runs(array[v_run]) end);
end $$;

-- A FinishResult (orchestrator/store/attempts.ts).
create or replace function terrace.finish_result(
  p_refused json, p_queued json, p_continued json, p_ended_runs json
) returns json language plpgsql immutable as $$
begin
  return json_build_object('refused', p_refused, 'queued', p_queued, 'continued', p_continued,
    'endedRuns', p_ended_runs);
end $$;
