// What must hold in the database of a control plane at any moment.

import { expect } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { scheduleDue } from '../../orchestrator/store/reconcile.ts'

/** Increments equal a recomputation; limits hold. */
export async function expectCountsRecomputed(db: Pool, what = ''): Promise<void> {
  const { rows } = await db.query(`
    select 'upstreams' as kind, t.task_id as name from terrace.task_instance t
    where (n_success, n_failed, n_skipped, n_upstream_failed) is distinct from (
      select (count(*) filter (where u.state = 'success')::int, count(*) filter (where u.state = 'failed')::int,
        count(*) filter (where u.state = 'skipped')::int, count(*) filter (where u.state = 'upstream_failed')::int)
      from terrace.dag_edge e join terrace.task_instance u
        on u.dag_run_id = t.dag_run_id and u.task_id = e.upstream_task_id
      where e.dag_version_id = t.dag_version_id and e.downstream_task_id = t.task_id)
    union all
    select 'run', r.run_id from terrace.dag_run r
    where (n_unfinished, n_active) is distinct from (
      select (count(*) filter (where t.state not in ('success', 'failed', 'skipped', 'upstream_failed', 'removed'))::int,
        count(*) filter (where t.state in ('queued', 'running', 'restarting'))::int)
      from terrace.task_instance t where t.dag_run_id = r.id)
      or n_active > max_active_tasks
    union all
    select 'pool', p.name from terrace.pool p
    where occupied_slots <> (select coalesce(sum(pool_slots), 0) from terrace.task_instance t
        where t.pool = p.name and t.state in ('queued', 'running', 'restarting'))
      or occupied_slots > slots
    union all
    select 'outbox', o.task_instance_id::text from terrace.task_instance t
    left join terrace.outbox o on o.task_instance_id = t.id and o.try_number = t.try_number
    where t.state = 'queued' and o.task_instance_id is null
    union all
    select 'attempts', t.id::text from terrace.task_instance t
    where t.fence <> (select count(*) from terrace.task_attempt a where a.task_instance_id = t.id)
      + (t.state in ('running', 'restarting'))::int`)
  expect(rows, what).toEqual([])
}

/**
 * One alert for each attempt that failed for good or was lost, and none for any other. A run that
 * somebody marked, or a task of it, need not have one.
 */
export async function expectAlertForEachFailure(db: Pool): Promise<void> {
  const { rows } = await db.query(`
    with failure as (
      select t.dag_id, r.run_id, t.task_id, a.try_number from terrace.task_attempt a
      join terrace.task_instance t on t.id = a.task_instance_id
      join terrace.dag_run r on r.id = t.dag_run_id
      where a.outcome in ('failed', 'lost')
    ), told as (
      select dag_id, run_id, task_id, try_number from terrace.alert where task_id is not null
    )
    (select 'no alert' as problem, f.* from (table failure except all table told) f)
    union all
    (select 'alert of nothing', t.* from (table told except all table failure) t)
    union all
    select 'no alert', r.dag_id, r.run_id, null, null from terrace.dag_run r
    where r.state = 'failed' and not exists (
      select from terrace.audit_log l
      where l.action in ('run.mark', 'task.mark') and l.dag_id = r.dag_id and l.run_id = r.run_id)
      and not exists (
      select from terrace.alert a
      where a.kind = 'run_failed' and a.dag_id = r.dag_id and a.run_id = r.run_id)`)
  expect(rows).toEqual([])
  expect((await db.query('select from terrace.alert')).rowCount).toBeGreaterThan(0)
}

/** Whatever is scheduled waits for a slot of its pool or its run, and for nothing else. */
export async function expectNothingWaitsWithoutReason(db: Pool, what: string): Promise<void> {
  const { rows } = await db.query(`
    select t.task_id from terrace.task_instance t
    join terrace.dag_run r on r.id = t.dag_run_id join terrace.pool p on p.name = t.pool
    where t.state = 'scheduled' and r.state = 'running' and r.n_active < r.max_active_tasks
      and p.slots - p.occupied_slots >= t.pool_slots`)
  // A release or a clear leaves room to the reconciler; its next call must use it.
  if (rows.length === 0) return
  await scheduleDue(db)
  const { rowCount } = await db.query(`
    select from terrace.task_instance t
    join terrace.dag_run r on r.id = t.dag_run_id join terrace.pool p on p.name = t.pool
    where t.state = 'scheduled' and r.state = 'running' and r.n_active < r.max_active_tasks
      and p.slots - p.occupied_slots >= t.pool_slots`)
  expect(rowCount, `${what}: ready tasks wait although there is room`).toBe(0)
}
