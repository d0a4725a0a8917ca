-- queued → running for a worker whose lease is alive and that is not draining: a compare-and-set on
-- the task instance and its attempt, with the next fence. Returns what the worker needs to run them.
-- A row that another statement holds (a clear, or an upstream's end that counts here) is left out rather
-- than waited for: a batch that waits while it holds other rows could deadlock. The worker asks again.
--
-- No sequential scans, and each row looked up by its id: planned while the table was small, or by the
-- index of what is queued while little was, a claim beside 10,000 queued tasks took 40 ms.
create or replace function terrace.claim_attempts(p_process uuid, p_ids uuid[], p_tries int[])
returns json language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  v_ids uuid[];
begin
  perform from terrace.process p
  where p.id = p_process and p.state = 'running' and p.lease_until > clock_timestamp();
  if not found then return '[]'; end if;

  select array_agg(held.id) into v_ids
  from unnest(p_ids, p_tries) as w(id, try_number)
  cross join lateral (
    select t.id from terrace.task_instance t
    where t.id = w.id and t.try_number = w.try_number and t.state = 'queued'
    for no key update skip locked) held;
  if v_ids is null then return '[]'; end if;

  update terrace.task_instance t
  set state = 'running', fence = t.fence + 1, process_id = p_process,
    started_at = clock_timestamp(), ended_at = null, error = null, cancel_requested = false
  where t.id = any(v_ids);
  return terrace.describe_claims(v_ids);
end $$;

-- A JSON array of ClaimedAttempt (orchestrator/store/attempts.ts). json, not jsonb: outputs stay as
-- their task wrote them.
create or replace function terrace.describe_claims(p_ids uuid[]) returns json
language plpgsql stable as $$
begin
  return (select coalesce(json_agg(json_build_object(
    'taskInstanceId', t.id, 'dagId', t.dag_id, 'runId', r.run_id, 'dagRunId', r.id,
    'taskId', t.task_id, 'mapIndex', t.map_index, 'tryNumber', t.try_number,
    'maxTries', t.max_tries, 'nFailures', t.n_failures, 'nLosses', t.n_losses, 'fence', t.fence,
    'queue', t.queue,
    'dagVersionId', t.dag_version_id, 'filePath', d.file_path, 'codeHash', d.code_hash,
    'runType', r.run_type, 'logicalDate', r.logical_date,
    'dataIntervalStart', r.data_interval_start, 'dataIntervalEnd', r.data_interval_end,
    'runAfter', r.run_after, 'conf', r.conf,
    'inputs', case when k.inputs = '{}' then '{}'::json else (
      select coalesce(json_object_agg(o.task_id, o.value), '{}')
      from terrace.task_output o
      where o.dag_run_id = r.id and o.task_id = any(k.inputs) and o.key = 'return_value') end,
    'triggeringAssetEvents', case when r.run_type <> 'asset_triggered' then '[]'::json else (
      select coalesce(json_agg(json_build_object('asset', e.asset_name, 'extra', e.extra,
        'createdAt', e.created_at) order by e.created_at, e.id), '[]')
      from terrace.dag_run_asset_event x
      join terrace.asset_event e on e.id = x.asset_event_id
      where x.dag_run_id = r.id) end
  )), '[]')
  from terrace.task_instance t
  join terrace.dag_run r on r.id = t.dag_run_id
  join terrace.dag d on d.dag_id = t.dag_id
  join terrace.dag_task k on k.dag_version_id = t.dag_version_id and k.task_id = t.task_id
  where t.id = any(p_ids));
end $$;
