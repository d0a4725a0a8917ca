-- scheduled → queued, as far as the pool's slots and each run's max_active_tasks allow. Writes the
-- outbox and returns what it wrote, for the caller to publish after its commit.
--
-- The pool's row lock makes its limit hold. Runs are locked `skip locked`, because the caller may
-- hold other runs' locks already. Others' tasks go first then, and the scheduler is told to look again
-- soon: whoever holds the run admits for it itself, but only to the pools that its own tasks use.
create or replace function terrace.admit_tasks(p_pool text) returns setof terrace.outbox
language plpgsql as $$
declare
  v_free int;
  v_chosen uuid[];
  v_skipped uuid[];
  v_held uuid[] := '{}';
begin
  select slots - occupied_slots into v_free
  from terrace.pool where name = p_pool for no key update;

  while v_free > 0 loop
    with candidate as (
      select t.id, t.dag_run_id, t.pool_slots, t.priority_weight
      from terrace.task_instance t
      join terrace.dag_run r on r.id = t.dag_run_id
      where t.pool = p_pool and t.state = 'scheduled' and t.pool_slots <= v_free
        and r.state = 'running' and r.n_active < r.max_active_tasks and r.id <> all(v_held)
      order by t.priority_weight desc, t.id
      limit v_free
    ), lockable as (
      select r.id, r.max_active_tasks - r.n_active as room
      from terrace.dag_run r
      where r.id in (select c.dag_run_id from candidate c) and r.state = 'running'
      order by r.id
      for no key update skip locked
    ), within_run as (
      select c.id, c.dag_run_id, c.pool_slots, c.priority_weight, l.room,
        row_number() over (partition by c.dag_run_id order by c.priority_weight desc, c.id) as nth
      from candidate c join lockable l on l.id = c.dag_run_id
    ), within_pool as (
      select w.id,
        sum(w.pool_slots) over (order by w.priority_weight desc, w.id) as slots_used
      from within_run w where w.nth <= w.room
    )
    select (select array_agg(w.id) from within_pool w where w.slots_used <= v_free),
      (select array_agg(distinct c.dag_run_id) from candidate c
       where c.dag_run_id not in (select l.id from lockable l))
    into v_chosen, v_skipped;
    v_held := v_held || v_skipped;
    exit when v_chosen is null and v_skipped is null;
    continue when v_chosen is null;

    -- By an array of ids: a join with the list above is planned for one row and quadratic for many.
    return query
    with queued as (
      update terrace.task_instance t
      set state = 'queued', try_number = t.try_number + 1, queue_sequence = 0,
        queued_at = clock_timestamp(), requeued_at = null, run_after = null
      where t.id = any(v_chosen)
      returning t.id, t.dag_run_id, t.try_number, t.queue_sequence, t.queue, t.priority_weight,
        t.pool_slots
    ), counted as (
      update terrace.dag_run r set n_active = r.n_active + q.n
      from (select q.dag_run_id, count(*)::int as n from queued q group by q.dag_run_id) q
      where r.id = q.dag_run_id
    ), occupied as (
      update terrace.pool p set occupied_slots = p.occupied_slots + q.slots
      from (select sum(q.pool_slots)::int as slots from queued q) q
      where p.name = p_pool
    )
    insert into terrace.outbox (task_instance_id, try_number, queue_sequence, queue, priority_weight)
    select q.id, q.try_number, q.queue_sequence, q.queue, q.priority_weight
    from queued q order by q.priority_weight desc, q.id
    returning *;

    select slots - occupied_slots into v_free from terrace.pool where name = p_pool;
  end loop;
  if v_free > 0 and cardinality(v_held) > 0 then
    perform pg_notify('terrace_scheduler', 'run_held');
  end if;
end $$;
