-- Alerts, written in the transaction of what failed. Called in failure branches alone: a success costs
-- nothing of this.

-- Task instances of a finish that failed for good, and attempts that were lost with their worker.
-- p_attempts is what finish_attempts was given.
create or replace function terrace.alert_attempts(p_attempts json, p_accepted uuid[]) returns void
language plpgsql as $$
begin
  insert into terrace.alert (id, kind, code, dag_id, run_id, task_id, map_index, try_number, error)
  select terrace.uuid_v7(),
    case when t.state <> 'failed' then 'worker_lost'
      when i."failureCode" = 'data_check' then 'data_check_failed'
      else 'task_failed' end,
    case i.outcome when 'lost' then 'lost' when 'cancelled' then 'cancelled'
      else coalesce(i."failureCode", 'error') end,
    t.dag_id, r.run_id, t.task_id, t.map_index, t.try_number,
    coalesce(i.error, 'It failed without a message.')
  from json_to_recordset(p_attempts) as i(
    "taskInstanceId" uuid, outcome text, error text, "failureCode" text)
  join terrace.task_instance t on t.id = i."taskInstanceId"
  join terrace.dag_run r on r.id = t.dag_run_id
  where t.id = any(p_accepted) and (t.state = 'failed' or i.outcome = 'lost')
  order by t.id;
end $$;

-- A run that failed, with the tasks that are the reason; p_error says it otherwise.
create or replace function terrace.alert_run(p_run terrace.dag_run, p_error text default null)
returns void language plpgsql as $$
declare
  c_named constant int := 10;
  v_error text := p_error;
begin
  if v_error is null then
    select 'Failed: ' || string_agg(f.name, ', ' order by f.nth) filter (where f.nth <= c_named)
      || case when count(*) > c_named then format(' and %s more', count(*) - c_named) else '' end
      || '.'
    into v_error
    from (
      select t.task_id || case when t.map_index < 0 then '' else format('[%s]', t.map_index) end
          as name,
        row_number() over (order by t.ended_at, t.id) as nth
      from terrace.task_instance t
      where t.dag_run_id = p_run.id and t.state = 'failed'
    ) f;
  end if;
  insert into terrace.alert (id, kind, dag_id, run_id, error)
  values (terrace.uuid_v7(), 'run_failed', p_run.dag_id, p_run.run_id,
    coalesce(v_error, 'No task failed, but what comes last could not run.'));
end $$;
