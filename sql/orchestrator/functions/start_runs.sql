-- queued → running for a DAG's runs whose time has come, as far as max_active_runs allows, and their
-- first tasks → queued. A paused DAG starts nothing. Returns what is to be published.
create or replace function terrace.start_runs(p_dag_id text) returns json
language plpgsql as $$
declare
  v_room int;
  v_runs uuid[];
  v_pool text;
  v_queued terrace.outbox[] := '{}';
  v_admitted terrace.outbox[];
begin
  -- The DAG's row lock makes max_active_runs hold.
  select d.max_active_runs into v_room
  from terrace.dag d where d.dag_id = p_dag_id and not d.is_paused for no key update;
  if not found then return '[]'; end if;
  select v_room - count(*) into v_room
  from terrace.dag_run r where r.dag_id = p_dag_id and r.state = 'running';
  if v_room <= 0 then return '[]'; end if;

  with next as (
    select r.id from terrace.dag_run r
    where r.dag_id = p_dag_id and r.state = 'queued' and r.run_after <= clock_timestamp()
    order by r.run_after, r.queued_at, r.id
    limit v_room for no key update
  ), started as (
    update terrace.dag_run r
    set state = 'running', started_at = coalesce(r.started_at, clock_timestamp()), ended_at = null
    from next where r.id = next.id and r.state = 'queued'
    returning r.id
  )
  select array_agg(s.id) into v_runs from started s;
  if v_runs is null then return '[]'; end if;

  perform terrace.evaluate_runs(v_runs);
  for v_pool in
    select t.pool from terrace.task_instance t
    where t.dag_run_id = any(v_runs) and t.state = 'scheduled' group by t.pool order by t.pool
  loop
    select coalesce(array_agg(a), '{}') into v_admitted from terrace.admit_tasks(v_pool) a;
    v_queued := v_queued || v_admitted;
  end loop;
  perform terrace.close_runs(v_runs);
  return terrace.describe_queued(v_queued);
end $$;
