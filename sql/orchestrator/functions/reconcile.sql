-- What the reconciler repairs, one function per kind. Each is safe to call at any time and from
-- several schedulers at once, and takes its runs `skip locked`, so that it never waits for a worker.
-- The one that must wait is a lost attempt's finish, and that is a call of its own for each process.

-- up_for_retry, up_for_reschedule → scheduled when due. Returns what was admitted, to publish. What is
-- due in a run that somebody holds is looked at again soon.
create or replace function terrace.schedule_due() returns json
language plpgsql as $$
declare
  v_runs uuid[];
  v_is_held boolean;
begin
  with due as (
    select t.dag_run_id from terrace.task_instance t
    where t.state in ('up_for_retry', 'up_for_reschedule') and t.run_after <= clock_timestamp()
    order by t.run_after limit 1000
  ), locked as (
    select r.id from terrace.dag_run r
    where r.id in (select d.dag_run_id from due d)
    order by r.id for no key update skip locked
  )
  select array_agg(l.id),
    exists (select from due d where d.dag_run_id not in (select k.id from locked k))
  into v_runs, v_is_held
  from locked l;
  if v_is_held then perform pg_notify('terrace_scheduler', 'run_held'); end if;
  if v_runs is not null then
    update terrace.task_instance t
    set state = 'scheduled', scheduled_at = clock_timestamp()
    where t.dag_run_id = any(v_runs) and t.state in ('up_for_retry', 'up_for_reschedule')
      and t.run_after <= clock_timestamp();
  end if;
  return terrace.admit_waiting();
end $$;

-- scheduled → queued in every pool with room: what a freed slot missed, a raised limit, a cleared task.
create or replace function terrace.admit_waiting() returns json
language plpgsql as $$
declare
  v_pool text;
  v_queued terrace.outbox[] := '{}';
  v_admitted terrace.outbox[];
begin
  for v_pool in
    select p.name from terrace.pool p
    where exists (
      select from terrace.task_instance t where t.pool = p.name and t.state = 'scheduled')
    order by p.name
  loop
    select coalesce(array_agg(a), '{}') into v_admitted from terrace.admit_tasks(v_pool) a;
    v_queued := v_queued || v_admitted;
  end loop;
  return terrace.describe_queued(v_queued);
end $$;

-- The advisory lock that a worker holds on a connection of its own, for as long as it lives.
create or replace function terrace.process_lock(p_process uuid) returns bigint
language sql immutable as $$ select hashtextextended(p_process::text, 0) $$;

-- Whether nobody holds the lock of a process that once did.
create or replace function terrace.has_let_go(p_process terrace.process) returns boolean
language sql stable as $$
  select p_process.detail ? 'holdsLock' and not exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and l.classid = ((terrace.process_lock(p_process.id) >> 32) & 4294967295)::oid
      and l.objid = (terrace.process_lock(p_process.id) & 4294967295)::oid)
$$;

-- Whether a process has renewed nothing for a fifth of its lease, in which it renews twice.
create or replace function terrace.is_silent(p_process terrace.process) returns boolean
language sql as $$
  select p_process.lease_until <= clock_timestamp()
    + make_interval(secs => 0.8 * (p_process.detail ->> 'leaseSeconds')::float8)
$$;

-- running, draining → lost for processes whose lease ran out, and sooner for a worker that has let go of
-- its lock and renewed nothing for a fifth of its lease, if the caller has watched for as long.
-- Silence alone means little on a busy machine, and a lock alone may be gone with a connection.
--
-- Returns, for each process that is lost or has stopped, the attempts it left running, as
-- finish_attempts takes them. The caller finishes them one process a transaction: one for all would
-- hold a pool while it waits for the next one's runs.
-- An attempt's end brings its alert; a worker that is lost with none has one of its own. What ran on a
-- process that a person ended at once is given back: that is no loss, and nobody need be told.
create or replace function terrace.lose_processes(
  p_watched_seconds float8, out process_id uuid, out attempts json)
returns setof record language plpgsql as $$
declare
  v_gone uuid[];
begin
  select array_agg(p.id) into v_gone
  from terrace.process p
  where p.state in ('running', 'draining') and p.lease_until > clock_timestamp()
    and p_watched_seconds >= 0.2 * (p.detail ->> 'leaseSeconds')::float8
    and terrace.is_silent(p) and terrace.has_let_go(p);

  with lost as (
    -- A process that was silent may have renewed its lease meanwhile: the row's lock decides.
    update terrace.process p set state = 'lost', ended_at = clock_timestamp(),
      detail = case when p.id = any(v_gone) then p.detail || '{"lost": "its process is gone"}'
        else p.detail end
    where p.state in ('running', 'draining') and (p.lease_until <= clock_timestamp()
      or p.id = any(v_gone) and terrace.is_silent(p))
    returning p.id, p.kind, p.hostname, p.pid, p.detail
  )
  insert into terrace.alert (id, kind, code, error)
  select terrace.uuid_v7(), 'worker_lost', 'lost', format(
    'Worker %s (pid %s) was lost: %s. No task ran on it.', l.hostname, l.pid,
    coalesce(l.detail ->> 'lost', 'its lease ran out'))
  from lost l
  where l.kind = 'worker' and not exists (
    select from terrace.task_instance t where t.process_id = l.id and t.state in ('running', 'restarting'));

  return query
  select t.process_id, json_agg(json_build_object(
    'taskInstanceId', t.id, 'fence', t.fence, 'skipTaskIds', '[]'::json,
    'assetEvents', '[]'::json, 'continueHere', false,
    'outcome', case when p.detail ? 'endedAtOnce' then 'released' else 'lost' end,
    'error', case when p.detail ? 'endedAtOnce'
      then format('Worker %s (pid %s) was told to end at once.', p.hostname, p.pid)
      else format('Worker %s (pid %s) was lost: %s.', p.hostname, p.pid, coalesce(
        p.detail ->> 'lost',
        case p.state when 'lost' then 'its lease ran out' else 'it ended before its tasks' end)) end))
  from terrace.task_instance t
  join terrace.process p on p.id = t.process_id
  where t.state in ('running', 'restarting') and p.state in ('lost', 'stopped')
  group by t.process_id order by t.process_id;
end $$;

-- Puts queued attempts that the queue has lost back on it, under the next sequence: written to the
-- outbox, returned to publish. What was claimed, or put on the queue by somebody else, meanwhile is
-- left alone. A row that is locked now is looked at again at the next tick.
create or replace function terrace.requeue_attempts(p_ids uuid[], p_tries int[], p_sequences int[])
returns json language plpgsql as $$
declare
  v_queued terrace.outbox[];
begin
  with lost as (
    select t.id
    from unnest(p_ids, p_tries, p_sequences) as x(id, try_number, queue_sequence)
    join terrace.task_instance t on t.id = x.id and t.try_number = x.try_number
      and t.queue_sequence = x.queue_sequence
    where t.state = 'queued'
    order by t.id for no key update of t skip locked
  ), again as (
    update terrace.task_instance t
    set queue_sequence = t.queue_sequence + 1, requeued_at = clock_timestamp()
    from lost l where t.id = l.id and t.state = 'queued'
    returning t.id, t.try_number, t.queue_sequence, t.queue, t.priority_weight
  ), noted as (
    insert into terrace.outbox (task_instance_id, try_number, queue_sequence, queue, priority_weight)
    select a.id, a.try_number, a.queue_sequence, a.queue, a.priority_weight from again a
    returning *
  )
  select coalesce(array_agg(n::terrace.outbox), '{}') into v_queued
  from (select * from noted) n;
  return terrace.describe_queued(v_queued);
end $$;

-- The same for one delivery that its worker cannot take, because it drains. Here the lock is waited
-- for: nobody else would look at the attempt soon, and a statement that holds nothing cannot deadlock.
create or replace function terrace.hand_over_attempt(p_id uuid, p_try int, p_sequence int)
returns json language plpgsql as $$
begin
  perform from terrace.task_instance t where t.id = p_id for no key update;
  return terrace.requeue_attempts(array[p_id], array[p_try], array[p_sequence]);
end $$;

-- Runs with nothing left to do are closed, and `none` tasks whose time has come are not left behind:
-- a safety net that has nothing to do when every finish did its part.
create or replace function terrace.sweep_runs() returns int
language plpgsql as $$
declare
  v_runs uuid[];
begin
  -- Found without locks, so that healthy runs are left alone.
  with suspect as (
    select r.id from terrace.dag_run r where r.state = 'running' and r.n_unfinished = 0
    union
    select t.dag_run_id from terrace.task_instance t
    join terrace.dag_run r on r.id = t.dag_run_id and r.state = 'running'
    where t.state = 'none' and terrace.decide(t.trigger_rule, t.n_upstream, t.n_success,
      t.n_failed, t.n_skipped, t.n_upstream_failed, t.n_removed) <> 'wait'
  ), locked as (
    select r.id from terrace.dag_run r
    where r.id in (select s.id from suspect s) and r.state = 'running'
    order by r.id for no key update skip locked
  )
  select array_agg(l.id) into v_runs from locked l;
  if v_runs is null then return 0; end if;
  perform terrace.evaluate_runs(v_runs);
  perform terrace.close_runs(v_runs);
  return cardinality(v_runs);
end $$;

-- Runs past their time limit: what runs is asked to stop, what has not started is skipped, and the
-- run fails (as in Airflow). Returns the runs that failed now.
create or replace function terrace.time_out_runs() returns setof terrace.dag_run
language plpgsql as $$
declare
  v_runs uuid[];
  v_run terrace.dag_run;
  v_unfinished jsonb;
begin
  with late as (
    select r.id from terrace.dag_run r
    where r.state = 'running' and r.timeout_ms is not null and r.stop_as is null
      and r.started_at + make_interval(secs => r.timeout_ms / 1000.0) < clock_timestamp()
    order by r.id for no key update skip locked
  )
  select array_agg(l.id) into v_runs from late l;
  if v_runs is null then return; end if;

  -- A claim takes no run lock: the rows are held before their states are read.
  perform from terrace.task_instance t
  where t.dag_run_id = any(v_runs) order by t.id for no key update;
  select jsonb_object_agg(u.dag_run_id, u.names) into v_unfinished
  from (
    select t.dag_run_id, terrace.name_tasks(array_agg(t.id order by t.process_id is null, t.id))
      as names
    from terrace.task_instance t
    where t.dag_run_id = any(v_runs) and t.state in ('none', 'scheduled', 'queued', 'running',
      'restarting', 'up_for_retry', 'up_for_reschedule', 'deferred')
    group by t.dag_run_id
  ) u;
  update terrace.task_instance t set state = 'running', cancel_requested = true
  where t.dag_run_id = any(v_runs) and t.state in ('running', 'restarting');
  perform terrace.release_slots(array(
    select t.id from terrace.task_instance t
    where t.dag_run_id = any(v_runs) and t.state = 'queued'));
  update terrace.task_instance t set state = 'skipped', ended_at = clock_timestamp(),
    error = 'The run passed its time limit.'
  where t.dag_run_id = any(v_runs)
    and t.state in ('none', 'scheduled', 'queued', 'up_for_retry', 'up_for_reschedule', 'deferred');
  perform terrace.recount_runs(v_runs);

  for v_run in
    update terrace.dag_run r set state = 'failed', ended_at = clock_timestamp(),
      note = coalesce(r.note || E'\n', '') || 'Failed: the run passed its time limit.'
    where r.id = any(v_runs) returning r.*
  loop
    perform terrace.alert_run(v_run, 'timeout', format(
      'The run passed its time limit of %s s. Not finished by then: %s.',
      round(v_run.timeout_ms / 1000.0, 3)::float8, v_unfinished ->> v_run.id::text));
    return next v_run;
  end loop;
  perform pg_notify('terrace_scheduler', 'run_ended');
end $$;
