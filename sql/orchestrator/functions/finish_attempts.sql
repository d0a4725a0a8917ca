-- Ends attempts: running → success, failed, skipped, up_for_retry, up_for_reschedule, or back to
-- scheduled (released by a draining worker, lost with a dead one). One transaction holds the history,
-- the outputs, the dependents' counts, those that became ready, what the freed slots admit, and the
-- outbox. p_attempts is an array of FinishedAttempt, the result a FinishResult
-- (orchestrator/store/attempts.ts).
--
-- An item whose fence or process does not match changes nothing and is reported as refused.
create or replace function terrace.finish_attempts(p_process uuid, p_attempts json)
returns json language plpgsql as $$
declare
  -- A task that keeps killing its worker must not be retried for ever.
  c_max_losses constant int := 5;
  v_ids uuid[];
  v_accepted uuid[];
  v_ended uuid[];
  v_skipped uuid[];
  v_followed uuid[];
  v_ready uuid[];
  v_continued uuid[];
  v_runs uuid[];
  v_events jsonb;
  v_pool text;
  v_queued terrace.outbox[] := '{}';
  v_admitted terrace.outbox[];
  v_closed json;
begin
  select array_agg((i ->> 'taskInstanceId')::uuid) into v_ids from json_array_elements(p_attempts) i;

  perform from terrace.dag_run r
  where r.id in (select t.dag_run_id from terrace.task_instance t where t.id = any(v_ids))
  order by r.id for no key update;

  with item as (
    select * from json_to_recordset(p_attempts) as i(
      "taskInstanceId" uuid, fence int, outcome text, output json, error text, "delayMs" bigint,
      "skipTaskIds" json, "assetEvents" json, "codeHash" text, "continueHere" boolean)
  ), ended as (
    update terrace.task_instance t
    set state = case i.outcome
        when 'success' then 'success'
        when 'skipped' then 'skipped'
        when 'up_for_retry' then 'up_for_retry'
        when 'up_for_reschedule' then 'up_for_reschedule'
        when 'released' then 'scheduled'
        when 'lost' then case when t.cancel_requested or t.n_losses >= c_max_losses
          then 'failed' else 'scheduled' end
        else 'failed' end,
      n_failures = t.n_failures + (i.outcome in ('failed', 'up_for_retry'))::int,
      n_losses = t.n_losses + (i.outcome = 'lost')::int,
      run_after = clock_timestamp() + make_interval(secs => i."delayMs" / 1000.0),
      ended_at = clock_timestamp(), process_id = null, cancel_requested = false, error = i.error
    from item i
    where t.id = i."taskInstanceId" and t.fence = i.fence and t.state = 'running'
      and t.process_id = p_process
    returning t.id, t.dag_run_id, t.dag_id, t.task_id, t.map_index, t.state, t.try_number, t.fence,
      t.queued_at, t.started_at, t.ended_at, t.pool, t.pool_slots, i.outcome, i.output, i.error,
      i."skipTaskIds" as skip_task_ids, i."assetEvents" as asset_events, i."codeHash" as code_hash
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
    from ended e where e.outcome = 'success' and e.output is not null
    on conflict (dag_run_id, task_id, map_index, key)
      do update set value = excluded.value, created_at = now()
  ), freed as (
    update terrace.dag_run r set n_active = r.n_active - e.n
    from (select e.dag_run_id, count(*)::int as n from ended e group by e.dag_run_id) e
    where r.id = e.dag_run_id
  ), skipped as (
    update terrace.task_instance d
    set state = 'skipped', ended_at = clock_timestamp()
    from ended e, json_array_elements_text(e.skip_task_ids) s(task_id)
    where e.outcome = 'success' and d.dag_run_id = e.dag_run_id and d.task_id = s.task_id
      and d.state in ('none', 'scheduled')
    returning d.id
  )
  select
    coalesce(array_agg(e.id), '{}'),
    coalesce(array_agg(e.id) filter (where e.state in ('success', 'failed', 'skipped')), '{}'),
    array_agg(distinct e.dag_run_id),
    (select coalesce(array_agg(s.id), '{}') from skipped s),
    (select jsonb_agg(a || jsonb_build_object('dagId', x.dag_id, 'taskId', x.task_id,
        'mapIndex', x.map_index, 'runId', r.run_id))
      from ended x
      join terrace.dag_run r on r.id = x.dag_run_id,
      jsonb_array_elements(x.asset_events::jsonb) a
      where x.outcome = 'success')
  into v_accepted, v_ended, v_runs, v_skipped, v_events
  from ended e;

  if cardinality(v_accepted) > 0 then
    select p.ready, p.ended into v_ready, v_followed
    from terrace.propagate_ends(v_ended || v_skipped) p;
    perform terrace.count_ends(v_ended || v_skipped || v_followed);
    if v_events is not null then perform terrace.emit_assets(v_events); end if;

    v_continued := terrace.continue_attempts(p_process, p_attempts, v_accepted, v_ready);

    -- All pools at once and by name, so that two finishers cannot wait for each other. A chain that
    -- goes on in its own slot, with nobody waiting, touches no pool at all.
    perform from terrace.pool p
    where p.name in (
        select t.pool from terrace.task_instance t where t.id = any(v_accepted || v_ready))
      and (cardinality(v_accepted) <> cardinality(v_continued) or exists (
        select from terrace.task_instance w where w.pool = p.name and w.state = 'scheduled'))
    order by p.name for no key update;

    update terrace.pool p set occupied_slots = p.occupied_slots - c.slots
    from (
      select x.pool, sum(x.slots)::int as slots from (
        select t.pool, t.pool_slots as slots from terrace.task_instance t
        where t.id = any(v_accepted)
        union all
        select t.pool, -t.pool_slots from terrace.task_instance t where t.id = any(v_continued)
      ) x group by x.pool having sum(x.slots) <> 0
    ) c
    where p.name = c.pool;

    for v_pool in
      select t.pool from terrace.task_instance t where t.id = any(v_accepted || v_ready)
      group by t.pool order by t.pool
    loop
      select coalesce(array_agg(a), '{}') into v_admitted from terrace.admit_tasks(v_pool) a;
      v_queued := v_queued || v_admitted;
    end loop;

    select json_agg(json_build_object('dagRunId', c.id, 'dagId', c.dag_id, 'runId', c.run_id,
      'state', c.state)) into v_closed from terrace.close_runs(v_runs) c;
  end if;

  return json_build_object(
    'refused', (select coalesce(json_agg(x), '[]') from unnest(v_ids) x
      where x <> all(v_accepted)),
    'queued', terrace.describe_queued(v_queued),
    'continued', case when v_continued is null or v_continued = '{}' then '[]'::json
      else terrace.describe_claims(v_continued) end,
    'endedRuns', coalesce(v_closed, '[]'));
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
  if cardinality(p_ready) = 0 then return '{}'; end if;
  with willing as (
    select (i ->> 'taskInstanceId')::uuid as id from json_array_elements(p_attempts) i
    where (i ->> 'continueHere')::boolean
  ), follower as (
    select f.id as finisher, d.id, count(*) over (partition by f.id) as n_ready,
      row_number() over (partition by d.id order by f.id) as nth_finisher,
      f.queue = d.queue and f.pool = d.pool and f.pool_slots = d.pool_slots as fits,
      d.pool, d.priority_weight
    from willing w
    join terrace.task_instance f on f.id = w.id and f.id = any(p_accepted)
    join terrace.dag_edge e
      on e.dag_version_id = f.dag_version_id and e.upstream_task_id = f.task_id
    join terrace.task_instance d
      on d.dag_run_id = f.dag_run_id and d.task_id = e.downstream_task_id
      and d.id = any(p_ready)
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
    returning t.id, t.dag_run_id
  ), counted as (
    update terrace.dag_run r set n_active = r.n_active + c.n
    from (select c.dag_run_id, count(*)::int as n from continued c group by c.dag_run_id) c
    where r.id = c.dag_run_id
  )
  select coalesce(array_agg(c.id), '{}') into v_continued from continued c;
  return v_continued;
end $$;

-- A JSON array of QueueEntry (orchestrator/queue/types.ts).
create or replace function terrace.describe_queued(p_rows terrace.outbox[]) returns json
language sql immutable as $$
  select coalesce(json_agg(json_build_object('taskInstanceId', o.task_instance_id,
    'tryNumber', o.try_number, 'queueSequence', o.queue_sequence, 'queue', o.queue,
    'priorityWeight', o.priority_weight)), '[]')
  from unnest(p_rows) o
$$;
