-- Ends attempts: running → success, failed, skipped, up_for_retry, up_for_reschedule, or back to
-- scheduled (released by a draining worker, lost with a dead one). One that somebody stopped takes the
-- state that was decided then, and restarting → none, whatever became of the attempt itself. One
-- transaction holds the history, the outputs, the dependents' counts, those that became ready, what the
-- freed slots admit, and the outbox. p_attempts is an array of FinishedAttempt, the result a
-- FinishResult (orchestrator/store/attempts.ts).
--
-- An item whose fence or process does not match changes nothing and is reported as refused.
--
-- Generic plans: with its own values each statement looks cheaper than without, so that all of them
-- were planned anew at every call, which was a fifth of a finish.
create or replace function terrace.finish_attempts(p_process uuid, p_attempts json)
returns json language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  -- A task that keeps killing its worker must not be retried for ever: with this loss it fails.
  c_max_losses constant int := 5;
  v_ids uuid[];
  v_has_skips boolean;
  v_has_events boolean;
  v_may_continue boolean;
  v_has_failures boolean;
  v_accepted uuid[];
  v_refused json := '[]';
  v_ended uuid[];
  v_restarted uuid[];
  v_followed uuid[];
  v_ready uuid[];
  v_continued uuid[] := '{}';
  v_runs uuid[];
  v_over uuid[];
  v_queued terrace.outbox[] := '{}';
  v_closed json := '[]';
begin
  select array_agg(i."taskInstanceId"), bool_or(json_array_length(i."skipTaskIds") > 0),
    bool_or(json_array_length(i."assetEvents") > 0), bool_or(i."continueHere")
  into v_ids, v_has_skips, v_has_events, v_may_continue
  from json_to_recordset(p_attempts) as i(
    "taskInstanceId" uuid, "skipTaskIds" json, "assetEvents" json, "continueHere" boolean);

  perform from terrace.dag_run r
  where r.id in (select t.dag_run_id from terrace.task_instance t where t.id = any(v_ids))
  order by r.id for no key update;

  with item as (
    select * from json_to_recordset(p_attempts) as i(
      "taskInstanceId" uuid, fence int, outcome text, output json, error text, "delayMs" bigint,
      "codeHash" text)
  ), ended as (
    update terrace.task_instance t
    set state = case
        when t.state = 'restarting' then 'none'
        when t.stop_as is not null then t.stop_as
        when i.outcome in ('success', 'skipped') then i.outcome
        -- Asked to stop: whatever else became of the attempt, there is no other one.
        when t.cancel_requested then 'failed'
        when i.outcome in ('up_for_retry', 'up_for_reschedule') then i.outcome
        when i.outcome = 'released' then 'scheduled'
        when i.outcome = 'lost' and t.n_losses + 1 < c_max_losses then 'scheduled'
        else 'failed' end,
      n_failures = t.n_failures + (t.state = 'running' and i.outcome in ('failed', 'up_for_retry'))::int,
      n_losses = t.n_losses + (t.state = 'running' and i.outcome = 'lost')::int,
      run_after = clock_timestamp() + make_interval(secs => i."delayMs" / 1000.0),
      ended_at = clock_timestamp(), process_id = null, cancel_requested = false,
      error = case when t.stop_as is null then i.error else t.error end
    from item i
    where t.id = i."taskInstanceId" and t.fence = i.fence
      and t.state in ('running', 'restarting') and t.process_id = p_process
    returning t.id, t.dag_run_id, t.task_id, t.map_index, t.state, t.try_number, t.fence,
      t.queued_at, t.started_at, t.ended_at, t.stop_as, i.output, i.error,
      i."codeHash" as code_hash,
      -- Its own end does not count, but for a success that was decided too.
      case when i.outcome = 'lost' or (t.stop_as is null and t.state <> 'none')
        or (i.outcome = 'success' and t.state = 'success') then i.outcome
        else 'cancelled' end as outcome
  ), history as (
    insert into terrace.task_attempt (task_instance_id, try_number, fence, outcome, process_id,
      hostname, code_hash, queued_at, started_at, ended_at, error)
    select e.id, e.try_number, e.fence, e.outcome, p_process,
      (select p.hostname from terrace.process p where p.id = p_process),
      e.code_hash, e.queued_at, e.started_at, e.ended_at, e.error
    from ended e
  ), outputs as (
    insert into terrace.task_output (dag_run_id, task_id, map_index, value)
    select e.dag_run_id, e.task_id, e.map_index, e.output
    from ended e where e.outcome = 'success' and e.state = 'success' and e.output is not null
    on conflict (dag_run_id, task_id, map_index, key)
      do update set value = excluded.value, created_at = now()
  )
  select coalesce(array_agg(e.id), '{}'),
    coalesce(array_agg(e.id) filter (where e.state in ('success', 'failed', 'skipped')), '{}'),
    coalesce(array_agg(e.id) filter (where e.state = 'none'), '{}'),
    array_agg(distinct e.dag_run_id), bool_or(e.state = 'failed' or e.outcome = 'lost')
  into v_accepted, v_ended, v_restarted, v_runs, v_has_failures
  from ended e;

  -- The end of an old attempt may stand beside that of the one which took its place: what follows
  -- looks for accepted ids, so it gets the items that were accepted and no others.
  if cardinality(v_accepted) < cardinality(v_ids) then
    select coalesce(json_agg(a.item) filter (where a.is_accepted), '[]'),
      coalesce(json_agg(a.item -> 'taskInstanceId') filter (where not a.is_accepted), '[]')
    into p_attempts, v_refused
    from (
      select i.item, exists (
        select from terrace.task_instance t
        where t.id = (i.item ->> 'taskInstanceId')::uuid and t.fence = (i.item ->> 'fence')::int
          and t.id = any(v_accepted)) as is_accepted
      from json_array_elements(p_attempts) i(item)
    ) a;
  end if;

  if cardinality(v_accepted) > 0 then
    if v_has_failures then perform terrace.alert_attempts(p_attempts, v_accepted); end if;
    if v_has_skips then
      v_ended := v_ended || terrace.skip_tasks(p_attempts, v_accepted);
    end if;
    if v_has_events then perform terrace.emit_task_assets(p_attempts, v_accepted); end if;

    select p.ready, p.ended into v_ready, v_followed from terrace.propagate_ends(v_ended) p;
    v_ended := v_ended || v_followed;
    if cardinality(v_restarted) > 0 then perform terrace.restart_tasks(v_restarted); end if;
    if v_may_continue and cardinality(v_ready) > 0 then
      v_continued := terrace.continue_attempts(p_process, p_attempts, v_accepted, v_ready);
    end if;

    if cardinality(v_runs) = 1 then
      update terrace.dag_run r
      set n_active = r.n_active - cardinality(v_accepted) + cardinality(v_continued),
        n_unfinished = r.n_unfinished - cardinality(v_ended)
      where r.id = v_runs[1]
      returning case when r.n_unfinished = 0 then array[r.id] end into v_over;
    else
      with change as (
        select t.dag_run_id, sum(x.active)::int as active, sum(x.unfinished)::int as unfinished
        from (
          select a.id, -1 as active, 0 as unfinished from unnest(v_accepted) a(id)
          union all select c.id, 1, 0 from unnest(v_continued) c(id)
          union all select e.id, 0, -1 from unnest(v_ended) e(id)
        ) x join terrace.task_instance t on t.id = x.id
        group by t.dag_run_id
      ), counted as (
        update terrace.dag_run r
        set n_active = r.n_active + c.active, n_unfinished = r.n_unfinished + c.unfinished
        from change c where r.id = c.dag_run_id
        returning r.id, r.n_unfinished
      )
      select array_agg(c.id) filter (where c.n_unfinished = 0) into v_over from counted c;
    end if;

    -- A chain that goes on in its own slot frees none and asks for none: no pool is touched.
    if cardinality(v_accepted) > cardinality(v_continued)
      or cardinality(v_ready) > cardinality(v_continued) then
      v_queued := terrace.pass_slots_on(v_accepted, v_ready, v_continued);
    end if;

    if v_over is not null then
      v_closed := terrace.close_runs(v_over);
    end if;
  end if;

  return terrace.finish_result(
    v_refused, terrace.describe_queued(v_queued),
    case when v_continued = '{}' then '[]' else terrace.describe_claims(v_continued) end, v_closed);
end $$;

-- none, scheduled → skipped for what an accepted success closes (shortCircuit: everything below it).
create or replace function terrace.skip_tasks(p_attempts json, p_accepted uuid[]) returns uuid[]
language plpgsql as $$
declare
  v_skipped uuid[];
begin
  with closed as (
    select distinct t.dag_run_id, s.task_id
    from json_to_recordset(p_attempts) as i("taskInstanceId" uuid, outcome text, "skipTaskIds" json)
    join terrace.task_instance t on t.id = i."taskInstanceId"
    cross join json_array_elements_text(i."skipTaskIds") s(task_id)
    where i.outcome = 'success' and t.state = 'success' and t.id = any(p_accepted)
  ), skipped as (
    update terrace.task_instance d
    set state = 'skipped', ended_at = clock_timestamp()
    from closed c
    where d.dag_run_id = c.dag_run_id and d.task_id = c.task_id and d.state in ('none', 'scheduled')
    returning d.id
  )
  select coalesce(array_agg(s.id), '{}') into v_skipped from skipped s;
  return v_skipped;
end $$;

-- Cleared while they ran, and gone now: what the old attempt left is taken away, and their rules decide
-- anew if their runs go on.
create or replace function terrace.restart_tasks(p_ids uuid[]) returns void
language plpgsql as $$
declare
  v_runs uuid[];
begin
  update terrace.task_instance t
  set run_after = null, error = null, scheduled_at = null, queued_at = null, requeued_at = null,
    started_at = null, ended_at = null
  where t.id = any(p_ids);
  select array_agg(r.id) into v_runs
  from terrace.dag_run r
  where r.state = 'running'
    and r.id in (select t.dag_run_id from terrace.task_instance t where t.id = any(p_ids));
  if v_runs is not null then perform terrace.evaluate_runs(v_runs); end if;
end $$;

-- The updates of assets that accepted successes brought.
create or replace function terrace.emit_task_assets(p_attempts json, p_accepted uuid[]) returns void
language plpgsql as $$
declare
  v_events jsonb;
begin
  select jsonb_agg(e.event || jsonb_build_object('dagId', t.dag_id, 'taskId', t.task_id,
    'mapIndex', t.map_index, 'runId', r.run_id))
  into v_events
  from json_to_recordset(p_attempts) as i("taskInstanceId" uuid, outcome text, "assetEvents" jsonb)
  join terrace.task_instance t on t.id = i."taskInstanceId"
  join terrace.dag_run r on r.id = t.dag_run_id
  cross join jsonb_array_elements(i."assetEvents") e(event)
  where i.outcome = 'success' and t.state = 'success' and t.id = any(p_accepted);
  if v_events is not null then perform terrace.emit_assets(v_events); end if;
end $$;

-- Gives the slots of ended attempts (less those that continued in place) back to their pools, and
-- admits what waits for them. All pools are locked, by name, before anything is admitted, so that two
-- finishers cannot wait for each other.
create or replace function terrace.pass_slots_on(
  p_accepted uuid[], p_ready uuid[], p_continued uuid[]
) returns terrace.outbox[] language plpgsql as $$
declare
  v_pool text;
  v_pools text[];
  v_queued terrace.outbox[] := '{}';
  v_admitted terrace.outbox[];
begin
  select array_agg(distinct t.pool order by t.pool) into v_pools
  from unnest(p_accepted || p_ready) x(id) join terrace.task_instance t on t.id = x.id;

  -- Each update locks its pool, in the order of their names.
  foreach v_pool in array v_pools loop
    update terrace.pool p set occupied_slots = p.occupied_slots
      - (select coalesce(sum(t.pool_slots), 0) from terrace.task_instance t
         where t.id = any(p_accepted) and t.pool = v_pool)
      + (select coalesce(sum(t.pool_slots), 0) from terrace.task_instance t
         where t.id = any(p_continued) and t.pool = v_pool)
    where p.name = v_pool;
  end loop;
  foreach v_pool in array v_pools loop
    if exists (select from terrace.task_instance t where t.pool = v_pool and t.state = 'scheduled')
    then
      select coalesce(array_agg(a), '{}') into v_admitted from terrace.admit_tasks(v_pool) a;
      v_queued := v_queued || v_admitted;
    end if;
  end loop;
  return v_queued;
end $$;

-- scheduled → running on the worker that just finished their one upstream, in its slot: the trip
-- through the queue is spared when the finisher asked for it, exactly one dependent of its became
-- ready, on the same queue and pool and of the same size, and nothing of higher priority waits.
create or replace function terrace.continue_attempts(
  p_process uuid, p_attempts json, p_accepted uuid[], p_ready uuid[]
) returns uuid[] language plpgsql as $$
declare
  v_continued uuid[];
begin
  -- The chain, which is what this is for: one finisher, one that is ready.
  if cardinality(p_accepted) = 1 and cardinality(p_ready) = 1 then
    update terrace.task_instance t
    set state = 'running', try_number = t.try_number + 1, fence = t.fence + 1, queue_sequence = 0,
      process_id = p_process, queued_at = clock_timestamp(), started_at = clock_timestamp(),
      ended_at = null, error = null, cancel_requested = false
    from terrace.task_instance f
    where t.id = p_ready[1] and f.id = p_accepted[1] and t.state = 'scheduled'
      and f.queue = t.queue and f.pool = t.pool and f.pool_slots = t.pool_slots
      and not exists (
        select from terrace.task_instance w
        where w.pool = t.pool and w.state = 'scheduled'
          and w.priority_weight > t.priority_weight)
      and exists (
        select from terrace.process p
        where p.id = p_process and p.state = 'running' and p.lease_until > clock_timestamp());
    return case when found then p_ready else '{}' end;
  elsif cardinality(p_accepted) = 1 then
    return '{}';
  end if;

  with follower as (
    select f.id as finisher, d.id, count(*) over (partition by f.id) as n_ready,
      row_number() over (partition by d.id order by f.id) as nth_finisher,
      f.queue = d.queue and f.pool = d.pool and f.pool_slots = d.pool_slots as fits,
      d.pool, d.priority_weight
    from json_to_recordset(p_attempts) as i("taskInstanceId" uuid, "continueHere" boolean)
    join terrace.task_instance f on f.id = i."taskInstanceId"
    join terrace.dag_edge e
      on e.dag_version_id = f.dag_version_id and e.upstream_task_id = f.task_id
    join terrace.task_instance d on d.dag_run_id = f.dag_run_id and d.task_id = e.downstream_task_id
    -- `is true` keeps the lookup hashed: as a join it was planned as a nested loop, and a fan-out of
    -- 10,000 took 25 s here.
    where i."continueHere" and f.id = any(p_accepted)
      and (d.id in (select r.id from unnest(p_ready) r(id))) is true
  ), chosen as (
    select x.id from follower x
    where x.n_ready = 1 and x.nth_finisher = 1 and x.fits
      and not exists (
        select from terrace.task_instance w
        where w.pool = x.pool and w.state = 'scheduled'
          and w.priority_weight > x.priority_weight)
      and exists (
        select from terrace.process p
        where p.id = p_process and p.state = 'running' and p.lease_until > clock_timestamp())
  ), continued as (
    update terrace.task_instance t
    set state = 'running', try_number = t.try_number + 1, fence = t.fence + 1, queue_sequence = 0,
      process_id = p_process, queued_at = clock_timestamp(), started_at = clock_timestamp(),
      ended_at = null, error = null, cancel_requested = false
    from chosen c where t.id = c.id and t.state = 'scheduled'
    returning t.id
  )
  select coalesce(array_agg(c.id), '{}') into v_continued from continued c;
  return v_continued;
end $$;

-- A JSON array of QueueEntry (orchestrator/queue/types.ts).
create or replace function terrace.describe_queued(p_rows terrace.outbox[]) returns json
language plpgsql immutable as $$
begin
  if cardinality(p_rows) = 0 then return '[]'; end if;
  return (select json_agg(json_build_object('taskInstanceId', o.task_instance_id,
      'tryNumber', o.try_number, 'queueSequence', o.queue_sequence, 'queue', o.queue,
      'priorityWeight', o.priority_weight))
    from unnest(p_rows) o);
end $$;
