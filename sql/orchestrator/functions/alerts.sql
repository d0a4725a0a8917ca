-- Alerts, written in the transaction of what failed. Called in failure branches alone: a success costs
-- nothing of this.

-- Task instances of a finish that failed for good, and attempts that were lost with their worker. Who
-- cancels an attempt knows of its end: a person, or a run past its time limit, which has an alert.
-- p_attempts is what finish_attempts was given.
create or replace function terrace.alert_attempts(p_attempts json, p_accepted uuid[]) returns void
language plpgsql as $$
begin
  insert into terrace.alert (id, kind, code, dag_id, run_id, task_id, map_index, try_number, error)
  select terrace.uuid_v7(),
    case when t.state <> 'failed' or t.stop_as is not null then 'worker_lost'
      when i."failureCode" = 'data_check' then 'data_check_failed'
      else 'task_failed' end,
    case i.outcome when 'lost' then 'lost' else coalesce(i."failureCode", 'error') end,
    t.dag_id, r.run_id, t.task_id, t.map_index, t.try_number,
    coalesce(i.error, 'It failed without a message.')
  from json_to_recordset(p_attempts) as i(
    "taskInstanceId" uuid, outcome text, error text, "failureCode" text)
  join terrace.task_instance t on t.id = i."taskInstanceId"
  join terrace.dag_run r on r.id = t.dag_run_id
  where t.id = any(p_accepted) and i.outcome <> 'cancelled'
    and ((t.state = 'failed' and t.stop_as is null) or i.outcome = 'lost')
  order by t.id;
end $$;

-- A run that failed, with the tasks that are the reason. A run that ended for another reason than its
-- tasks has p_code, and p_error says why.
create or replace function terrace.alert_run(
  p_run terrace.dag_run, p_code text default null, p_error text default null)
returns void language sql as $$
  insert into terrace.alert (id, kind, code, dag_id, run_id, error)
  values (terrace.uuid_v7(), 'run_failed', p_code, p_run.dag_id, p_run.run_id, coalesce(
    p_error,
    'Failed: ' || terrace.name_tasks(array(
      select t.id from terrace.task_instance t
      where t.dag_run_id = p_run.id and t.state = 'failed'
      order by t.ended_at, t.id)) || '.',
    'No task failed, but what comes last could not run.'))
$$;

-- Such as `load, publish[3] and 7 more`, in the order of the ids; null for none.
create or replace function terrace.name_tasks(p_ids uuid[]) returns text
language sql stable as $$
  select string_agg(n.name, ', ' order by n.nth) filter (where n.nth <= 10)
    || case when count(*) > 10 then format(' and %s more', count(*) - 10) else '' end
  from (
    select t.task_id || case when t.map_index < 0 then '' else format('[%s]', t.map_index) end
        as name, x.nth
    from unnest(p_ids) with ordinality as x(id, nth)
    join terrace.task_instance t on t.id = x.id
  ) n
$$;
