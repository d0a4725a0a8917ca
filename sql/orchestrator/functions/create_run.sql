-- Makes a run of the DAG's current version and its task instances, in state queued; start_runs takes
-- it from there. When the same run was made before (same idempotency key; for a scheduled one the same
-- interval, by another scheduler or by hand) that one is returned with existed = true.
-- With p_may_number another run's id is no obstacle: the new one's ends in _2, _3 and so on.
-- Raises terrace_dag_not_found, terrace_run_exists.
create or replace function terrace.create_run(
  p_dag_id text, p_run_id text, p_run_type text, p_triggered_by text, p_triggering_user text,
  p_logical_date timestamptz, p_interval_start timestamptz, p_interval_end timestamptz,
  p_run_after timestamptz, p_conf jsonb, p_note text, p_idempotency_key text,
  p_may_number boolean default false,
  out dag_run_id uuid, out run_id text, out existed boolean
) language plpgsql as $$
declare
  v_version uuid;
  v_number int := 1;
begin
  select d.current_version_id into v_version
  from terrace.dag d where d.dag_id = p_dag_id and not d.is_stale;
  if v_version is null then
    raise exception 'terrace_dag_not_found' using detail = p_dag_id;
  end if;

  existed := false;
  loop
    insert into terrace.dag_run as r (id, dag_id, run_id, dag_version_id, run_type, state,
      triggered_by, triggering_user, logical_date, data_interval_start, data_interval_end, run_after,
      conf, note, idempotency_key, max_active_tasks, timeout_ms, n_unfinished)
    select terrace.uuid_v7(), p_dag_id,
      p_run_id || case when v_number = 1 then '' else '_' || v_number end, v_version, p_run_type,
      'queued', p_triggered_by, p_triggering_user, p_logical_date, p_interval_start, p_interval_end,
      p_run_after,
      coalesce(v.header -> 'params', '{}') || coalesce(p_conf, '{}'), p_note, p_idempotency_key,
      d.max_active_tasks, (v.header ->> 'runTimeoutMs')::bigint,
      (select count(*) from terrace.dag_task k where k.dag_version_id = v_version)
    from terrace.dag d join terrace.dag_version v on v.id = v_version
    where d.dag_id = p_dag_id
    on conflict do nothing
    returning r.id, r.run_id into dag_run_id, run_id;
    exit when dag_run_id is not null or not p_may_number;
    exit when exists (
      select from terrace.dag_run r where r.dag_id = p_dag_id
        and (r.idempotency_key = p_idempotency_key or r.logical_date = p_logical_date));
    v_number := v_number + 1;
    exit when v_number > 1000;
  end loop;

  if dag_run_id is null then
    existed := true;
    select r.id, r.run_id into dag_run_id, run_id
    from terrace.dag_run r
    where r.dag_id = p_dag_id and (r.idempotency_key = p_idempotency_key
      -- An interval that a person has run by hand is done: the schedule goes on behind it.
      or (p_run_type = 'scheduled' and (r.logical_date = p_logical_date or r.run_id = p_run_id)))
    limit 1;
    if dag_run_id is null then
      raise exception 'terrace_run_exists' using detail = (
        select r.run_id from terrace.dag_run r
        where r.dag_id = p_dag_id and (r.run_id = p_run_id or r.logical_date = p_logical_date)
        limit 1);
    end if;
    return;
  end if;

  insert into terrace.task_instance (id, dag_run_id, dag_id, task_id, dag_version_id, max_tries,
    pool, pool_slots, queue, priority_weight, trigger_rule, is_leaf, n_upstream)
  select terrace.uuid_v7(), dag_run_id, p_dag_id, k.task_id, v_version, k.retries, k.pool,
    k.pool_slots, k.queue, k.priority_weight, k.trigger_rule, k.is_leaf, k.n_upstream
  from terrace.dag_task k where k.dag_version_id = v_version order by k.position;

  perform pg_notify('terrace_scheduler', 'run_created');
end $$;
