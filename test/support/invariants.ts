// The invariants A to D of the guarantees as statements that return the rows which break them, over
// the append-only history of attempts and the ledger of effects (chaos-store.ts). For databases in
// which every run should have ended by now.

import type { Pool } from '../../connections/postgres.ts'

export interface Violation {
  invariant: string
  rows: unknown[]
}

const ENDED = `('success', 'failed', 'skipped', 'upstream_failed', 'removed')`

const CONTROL_PLANE: Record<string, string> = {
  'A: no run and no task instance is left unfinished': `
    select r.run_id, r.state as run_state, t.task_id, t.state
    from terrace.dag_run r join terrace.task_instance t on t.dag_run_id = r.id
    where r.state not in ('success', 'failed') or t.state not in ${ENDED}`,

  'A: nothing of ended runs occupies a slot or is still counted': `
    select 'run' as what, run_id as name, n_unfinished, n_active from terrace.dag_run
    where n_unfinished <> 0 or n_active <> 0
    union all
    select 'pool', name, occupied_slots, 0 from terrace.pool where occupied_slots <> 0`,

  'A: counts of upstreams equal a recomputation': `
    select d.task_id, d.n_success, x.success, d.n_failed, x.failed
    from terrace.task_instance d
    join lateral (
      select count(*) filter (where u.state = 'success') as success,
        count(*) filter (where u.state = 'failed') as failed
      from terrace.dag_edge e
      join terrace.task_instance u on u.dag_run_id = d.dag_run_id and u.task_id = e.upstream_task_id
      where e.dag_version_id = d.dag_version_id and e.downstream_task_id = d.task_id
    ) x on true
    where (d.n_success, d.n_failed) is distinct from (x.success, x.failed)`,

  'B: a task instance that succeeded has one accepted success, its last attempt': `
    select t.id, t.task_id, t.state, count(a.fence) as successes, max(a.fence) as fence, t.fence as last
    from terrace.task_instance t
    left join terrace.task_attempt a on a.task_instance_id = t.id and a.outcome = 'success'
    group by t.id
    having count(a.fence) <> (t.state = 'success')::int
      or (t.state = 'success' and max(a.fence) <> t.fence)`,

  'C: every fence that was handed out has exactly one end, in the order of the fences': `
    select t.id, t.task_id, t.fence, count(a.fence) as attempts
    from terrace.task_instance t
    left join terrace.task_attempt a on a.task_instance_id = t.id
    group by t.id having count(a.fence) <> t.fence or coalesce(max(a.fence), 0) <> t.fence
    union all
    select a.task_instance_id, a.outcome, a.fence, b.fence
    from terrace.task_attempt a
    join terrace.task_attempt b on b.task_instance_id = a.task_instance_id and b.fence > a.fence
    where b.ended_at < a.ended_at`,

  'D: no attempt starts before its upstreams have ended': `
    select d.task_id, a.fence, a.started_at, e.upstream_task_id, x.ended_at
    from terrace.task_attempt a
    join terrace.task_instance d on d.id = a.task_instance_id
    join terrace.dag_edge e
      on e.dag_version_id = d.dag_version_id and e.downstream_task_id = d.task_id
    join terrace.task_instance u
      on u.dag_run_id = d.dag_run_id and u.task_id = e.upstream_task_id
    left join terrace.task_attempt x on x.task_instance_id = u.id and x.outcome = 'success'
    where x.ended_at is null or x.ended_at > a.started_at`,
}

const EFFECTS: Record<string, string> = {
  'B: each task has one effect, that of the attempt that was accepted': `
    select t.id, t.task_id, t.fence, e.fence as effect_fence
    from terrace.task_instance t
    left join chaos.effect e on e.task_instance_id = t.id
    where t.state = 'success' and e.fence is distinct from t.fence
      and t.dag_id in (select w.dag_id from chaos.effect w)`,

  'C: no effect is written with a fence older than one that was written before': `
    select a.task_instance_id, a.fence, b.fence as later_fence
    from chaos.ledger a
    join chaos.ledger b on b.task_instance_id = a.task_instance_id and b.id > a.id
    where b.fence < a.fence`,

  'D: every body saw the effects of all of its upstreams': `
    select l.run_id, l.task_id, l.fence, l.n_upstream_effects, t.n_upstream
    from chaos.ledger l join terrace.task_instance t on t.id = l.task_instance_id
    where l.n_upstream_effects <> t.n_upstream`,
}

/** What breaks an invariant of the control plane. Runs that were cleared break B by design. */
export function controlPlaneViolations(pool: Pool): Promise<Violation[]> {
  return violationsOf(pool, CONTROL_PLANE)
}

/** The same for the effects of those DAGs whose tasks write to the ledger. */
export function effectViolations(pool: Pool): Promise<Violation[]> {
  return violationsOf(pool, EFFECTS)
}

async function violationsOf(pool: Pool, checks: Record<string, string>): Promise<Violation[]> {
  const found: Violation[] = []
  for (const [invariant, text] of Object.entries(checks)) {
    const { rows } = await pool.query(text)
    if (rows.length > 0) found.push({ invariant, rows: rows.slice(0, 5) })
  }
  return found
}
