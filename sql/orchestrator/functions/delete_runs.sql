-- Deletes runs with everything that hangs on them: task instances, attempts, outputs, logs, the outbox.
-- Slots of queued task instances go back to their pools first. With p_ended_before only runs that had
-- ended by then: looked at under their locks, as somebody may be clearing one.
-- Raises terrace_task_is_running, with the number of such tasks.
create or replace function terrace.delete_runs(p_runs uuid[], p_ended_before timestamptz)
returns int language plpgsql as $$
declare
  v_tasks uuid[];
  v_running int;
  v_deleted int;
begin
  with locked as (
    select r.id, r.state, r.ended_at from terrace.dag_run r
    where r.id = any(p_runs) order by r.id for update
  )
  select coalesce(array_agg(l.id), '{}') into p_runs from locked l
  where p_ended_before is null
    or (l.state in ('success', 'failed') and l.ended_at < p_ended_before);
  select coalesce(array_agg(t.id), '{}') into v_tasks
  from terrace.task_instance t where t.dag_run_id = any(p_runs);
  -- A claim takes no run lock: the rows are held before their states are read.
  perform from terrace.task_instance t where t.id = any(v_tasks) order by t.id for update;
  select count(*) into v_running
  from terrace.task_instance t where t.id = any(v_tasks) and t.state in ('running', 'restarting');
  if v_running > 0 then
    raise exception 'terrace_task_is_running' using detail = v_running;
  end if;
  perform terrace.release_slots(v_tasks);
  delete from terrace.outbox o where o.task_instance_id = any(v_tasks);
  delete from terrace.task_log l where l.task_instance_id = any(v_tasks);
  delete from terrace.task_attempt a where a.task_instance_id = any(v_tasks);
  delete from terrace.task_output o where o.dag_run_id = any(p_runs);
  delete from terrace.dag_run r where r.id = any(p_runs);
  get diagnostics v_deleted = row_count;
  return v_deleted;
end $$;

-- Gives back the slots that queued, running and restarting task instances hold, before they are cleared, skipped
-- or deleted. Pools are locked by name, as everywhere; the caller holds the task instances.
create or replace function terrace.release_slots(p_ids uuid[]) returns void
language plpgsql as $$
begin
  perform from terrace.pool p
  where p.name in (
    select t.pool from unnest(p_ids) x(id) join terrace.task_instance t on t.id = x.id
    where t.state in ('queued', 'running', 'restarting'))
  order by p.name for no key update;
  update terrace.pool p set occupied_slots = p.occupied_slots - held.slots
  from (
    select t.pool, sum(t.pool_slots)::int as slots
    from unnest(p_ids) x(id) join terrace.task_instance t on t.id = x.id
    where t.state in ('queued', 'running', 'restarting') group by t.pool
  ) held
  where p.name = held.pool;
end $$;
