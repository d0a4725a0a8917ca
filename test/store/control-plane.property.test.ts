// Random triggers, claims, finishes, kills, stale writes and clears against the brute-force model.
// TERRACE_PROPERTY_STEPS raises the number of steps (npm run test:long does 10,000);
// TERRACE_PROPERTY_SEED repeats a failure.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { TRIGGER_RULES } from '../../orchestrator/graph/trigger-rules.ts'
import {
  type AttemptOutcome,
  claimAttempts,
  type FinishedAttempt,
  finishAttempts,
} from '../../orchestrator/store/attempts.ts'
import { loseAttempts, scheduleDue, sweepRuns } from '../../orchestrator/store/reconcile.ts'
import { clearTaskInstances, startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  registerWorker,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'
import { ModelRun, type ModelState, type ModelTask } from './brute-force-model.ts'

const STEPS = Number(process.env.TERRACE_PROPERTY_STEPS ?? 1_500)
const SEED = Number(process.env.TERRACE_PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31))
const POOL_SLOTS = 7

const OUTCOMES = [
  'success',
  'success',
  'success',
  'failed',
  'skipped',
  'up_for_retry',
  'released',
] as const

interface Row {
  id: string
  dag_id: string
  run_id: string
  task_id: string
  state: string
  try_number: number
  fence: number
  process_id: string | null
}

let plane: ControlPlane
let pool: Pool
beforeAll(async () => {
  plane = await freshControlPlane()
  pool = plane.pool
})
afterAll(() => plane.close())

describe(`the control plane (TERRACE_PROPERTY_SEED=${SEED})`, () => {
  test(`does what the brute-force model does, for ${STEPS} random steps`, async () => {
    const random = mulberry32(SEED)
    await pool.query('update terrace.pool set slots = $1', [POOL_SLOTS])
    const dags = Array.from({ length: 8 }, (_, n) => randomDag(`dag_${n}`, random))
    await register(pool, ...dags.map((dag) => dag.serialized))
    const driver = new Driver(random, dags)
    await driver.addWorker()
    await driver.addWorker()
    for (let step = 0; step < STEPS; step++) {
      const what = await driver.step()
      await driver.compare(`step ${step}: ${what}`)
    }
    await driver.drain()
    await driver.compare('after the drain')
  }, 600_000)

  test('keeps its counts equal to a recomputation under concurrent finishers', async () => {
    const random = mulberry32(SEED + 1)
    await pool.query('update terrace.pool set slots = 1000')
    const layers = [12, 12, 12]
    const tasks: ModelTask[] = layers.flatMap((size, layer) =>
      Array.from({ length: size }, (_, n) => ({
        taskId: `t${layer}_${n}`,
        upstreams:
          layer === 0
            ? []
            : Array.from({ length: size }, (_, m) => `t${layer - 1}_${m}`).filter(
                () => random() < 0.6,
              ),
        rule: TRIGGER_RULES[Math.floor(random() * TRIGGER_RULES.length)]!,
      })),
    )
    await register(pool, toDag('wide', tasks, 1000, 1000))
    const workers = await Promise.all([1, 2, 3, 4].map(() => registerWorker(pool)))
    for (let round = 0; round < 5; round++) {
      const { dagRunId } = await triggerRun(pool, {
        dagId: 'wide',
        runId: `round_${round}`,
        triggeredBy: 'test',
      })
      await startRuns(pool, 'wide')
      for (;;) {
        const { rows } = await pool.query<Row>(
          `select id, try_number from terrace.task_instance where dag_run_id = $1 and state = 'queued'`,
          [dagRunId],
        )
        if (rows.length === 0) break
        const shares = workers.map((worker, n) => ({
          worker,
          rows: rows.filter((_, index) => index % workers.length === n),
        }))
        await Promise.all(
          shares.map(async ({ worker, rows: share }) => {
            const claimed = await claimAttempts(
              pool,
              worker,
              share.map((row) => ({ taskInstanceId: row.id, tryNumber: row.try_number })),
            )
            // One statement each: as many transactions at once as there are connections.
            await Promise.all(
              claimed.map((attempt) =>
                finishAttempts(pool, worker, [
                  finished(attempt, random() < 0.7 ? 'success' : 'failed'),
                ]),
              ),
            )
          }),
        )
        await expectCountsRecomputed(pool)
      }
      const { rows: runs } = await pool.query('select state from terrace.dag_run where id = $1', [
        dagRunId,
      ])
      expect(runs[0].state).toMatch(/success|failed/)
    }
  }, 120_000)
})

interface TestDag {
  dagId: string
  tasks: ModelTask[]
  serialized: ReturnType<typeof serializedDag>
}

class Driver {
  readonly #random: () => number
  readonly #dags: TestDag[]
  readonly #runs = new Map<string, ModelRun>()
  readonly #workers: string[] = []
  #nextRun = 0

  constructor(random: () => number, dags: TestDag[]) {
    this.#random = random
    this.#dags = dags
  }

  async addWorker(): Promise<void> {
    this.#workers.push(await registerWorker(pool))
  }

  async step(): Promise<string> {
    const dice = this.#random()
    if (dice < 0.08 && (await this.#openRuns()) < 6) return this.#trigger()
    if (dice < 0.4) return this.#claim()
    if (dice < 0.8) return this.#finish()
    if (dice < 0.85) return this.#retryDue()
    if (dice < 0.88) return this.#kill()
    if (dice < 0.92) return this.#staleFinish()
    if (dice < 0.97) return this.#clear()
    await sweepRuns(pool)
    return 'sweep'
  }

  async drain(): Promise<void> {
    for (let guard = 0; guard < 10_000; guard++) {
      await this.#retryDue()
      await this.#claim()
      if ((await this.#finish()) === 'nothing runs' && (await this.#openRuns()) === 0) return
      await this.#startAll()
    }
    throw new Error('runs were left behind')
  }

  async #openRuns(): Promise<number> {
    return [...this.#runs.values()].filter((run) => !['success', 'failed'].includes(run.state))
      .length
  }

  async #trigger(): Promise<string> {
    const dag = this.#pick(this.#dags)
    const runId = `run_${this.#nextRun++}`
    await triggerRun(pool, { dagId: dag.dagId, runId, triggeredBy: 'test' })
    const run = new ModelRun(dag.tasks)
    this.#runs.set(`${dag.dagId}/${runId}`, run)
    await this.#startAll()
    return `trigger ${dag.dagId} ${runId}`
  }

  async #startAll(): Promise<void> {
    for (const dag of this.#dags) await startRuns(pool, dag.dagId)
    for (const run of this.#runs.values()) if (run.state === 'queued') run.start()
  }

  async #claim(): Promise<string> {
    const queued = await this.#rows('queued')
    if (queued.length === 0) return 'nothing to claim'
    const some = queued.filter(() => this.#random() < 0.5)
    const claimed = await claimAttempts(
      pool,
      this.#pick(this.#workers),
      some.map((row) => ({ taskInstanceId: row.id, tryNumber: row.try_number })),
    )
    expect(claimed.length).toBe(some.length)
    for (const row of some) this.#model(row).move(row.task_id, 'running')
    return `claim ${some.length}`
  }

  async #finish(): Promise<string> {
    const running = await this.#rows('running')
    if (running.length === 0) return 'nothing runs'
    const worker = this.#pick(running).process_id!
    const batch = running.filter((row) => row.process_id === worker && this.#random() < 0.7)
    if (batch.length > 1 && this.#random() < 0.4) return this.#finishTogether(worker, batch)
    // Their order matters to what a short circuit may still skip: one at a time, then.
    const outcomes: string[] = []
    for (const row of batch) {
      const outcome = this.#pick(OUTCOMES)
      const run = this.#model(row)
      const skip =
        outcome === 'success' && this.#random() < 0.1 ? this.#below(run, row.task_id) : []
      const scheduled = new Set(
        (await this.#rows('scheduled')).map((r) => `${r.dag_id}/${r.run_id}/${r.task_id}`),
      )
      run.isScheduledOnly = (taskId) => scheduled.has(`${row.dag_id}/${row.run_id}/${taskId}`)
      const result = await finishAttempts(pool, worker, [
        {
          ...finished({ taskInstanceId: row.id, fence: row.fence }, outcome),
          skipTaskIds: skip,
          continueHere: this.#random() < 0.5,
        },
      ])
      expect(result.refused).toEqual([])
      if (outcome === 'up_for_retry') run.move(row.task_id, 'up_for_retry')
      else if (outcome === 'released') run.move(row.task_id, 'ready')
      else run.end(row.task_id, outcome, skip)
      for (const next of result.continued) run.move(next.taskId, 'running')
      outcomes.push(`${row.task_id}=${outcome}${skip.length ? ' short' : ''}`)
    }
    return `finish ${outcomes.join(', ')}`
  }

  /** In one statement, as a busy worker does; a single end may be another one's code. */
  async #finishTogether(worker: string, batch: Row[]): Promise<string> {
    const ends = batch.map((row) => ({ row, outcome: this.#pick(OUTCOMES) }))
    const result = await finishAttempts(
      pool,
      worker,
      ends.map(({ row, outcome }) => ({
        ...finished({ taskInstanceId: row.id, fence: row.fence }, outcome),
        continueHere: this.#random() < 0.5,
      })),
    )
    expect(result.refused).toEqual([])
    const ended = new Map<ModelRun, Parameters<ModelRun['endTogether']>[0][number][]>()
    for (const { row, outcome } of ends) {
      const run = this.#model(row)
      if (outcome === 'up_for_retry') run.move(row.task_id, 'up_for_retry')
      else if (outcome === 'released') run.move(row.task_id, 'ready')
      else ended.set(run, [...(ended.get(run) ?? []), { taskId: row.task_id, state: outcome }])
    }
    for (const [run, of] of ended) run.endTogether(of)
    for (const next of result.continued)
      this.#runs.get(`${next.dagId}/${next.runId}`)!.move(next.taskId, 'running')
    return `finish together ${ends.map(({ row, outcome }) => `${row.task_id}=${outcome}`).join(', ')}`
  }

  async #retryDue(): Promise<string> {
    await pool.query(
      `update terrace.task_instance set run_after = now() where state = 'up_for_retry'`,
    )
    await scheduleDue(pool)
    for (const run of this.#runs.values())
      for (const [taskId, state] of run.states)
        if (state === 'up_for_retry') run.move(taskId, 'ready')
    return 'retries due'
  }

  async #kill(): Promise<string> {
    const dead = this.#pick(this.#workers)
    this.#workers.splice(this.#workers.indexOf(dead), 1)
    await this.addWorker()
    const lost = (await this.#rows('running')).filter((row) => row.process_id === dead)
    await pool.query('update terrace.task_instance set n_losses = 0')
    await pool.query(
      `update terrace.process set lease_until = now() - interval '1 s' where id = $1`,
      [dead],
    )
    await loseAttempts(pool)
    for (const row of lost) this.#model(row).move(row.task_id, 'ready')
    return `kill a worker with ${lost.length} attempts`
  }

  async #staleFinish(): Promise<string> {
    const running = await this.#rows('running')
    if (running.length === 0) return 'nothing runs'
    const row = this.#pick(running)
    const { refused } = await finishAttempts(pool, row.process_id!, [
      finished({ taskInstanceId: row.id, fence: row.fence - 1 }, 'success'),
    ])
    expect(refused).toEqual([row.id])
    const other = await finishAttempts(pool, '00000000-0000-7000-8000-000000000000', [
      finished({ taskInstanceId: row.id, fence: row.fence }, 'failed'),
    ])
    expect(other.refused).toEqual([row.id])
    return 'stale finish'
  }

  async #clear(): Promise<string> {
    if (this.#runs.size === 0) return 'nothing to clear'
    const [key, run] = this.#pick([...this.#runs.entries()])
    const [dagId, runId] = key.split('/') as [string, string]
    const task = this.#pick(run.tasks).taskId
    const cleared = await clearTaskInstances(pool, {
      dagId,
      runIds: [runId],
      taskIds: [task],
      upstream: false,
      downstream: this.#random() < 0.7,
      onlyFailed: false,
      onlyRunning: false,
      resetDagRuns: true,
      dryRun: false,
      actor: 'test',
    })
    run.clear(cleared.map((one) => one.taskId))
    await this.#startAll()
    return `clear ${key} ${cleared.map((one) => one.taskId).join(' ')}`
  }

  /** Every state, count and limit of the database against the model. */
  async compare(what: string): Promise<void> {
    // Ended long ago and never cleared: still compared, as a clear may come.
    const rows = await this.#rows()
    const seen = new Map<string, Record<string, ModelState>>()
    for (const row of rows) {
      const key = `${row.dag_id}/${row.run_id}`
      const states = seen.get(key) ?? {}
      states[row.task_id] = ['scheduled', 'queued'].includes(row.state)
        ? 'ready'
        : (row.state as ModelState)
      seen.set(key, states)
    }
    for (const [key, run] of this.#runs)
      expect(seen.get(key), `${what}: ${key}`).toEqual(Object.fromEntries(run.states))
    const { rows: runs } = await pool.query(
      `select dag_id, run_id, state from terrace.dag_run where dag_id like 'dag_%'`,
    )
    for (const row of runs)
      expect(row.state, `${what}: ${row.dag_id}/${row.run_id}`).toBe(
        this.#runs.get(`${row.dag_id}/${row.run_id}`)?.state,
      )
    await expectCountsRecomputed(pool, what)
    await expectNothingWaitsWithoutReason(what)
  }

  #below(run: ModelRun, taskId: string): string[] {
    const below = new Set<string>([taskId])
    for (const task of run.tasks)
      if (task.upstreams.some((up) => below.has(up))) below.add(task.taskId)
    below.delete(taskId)
    return [...below]
  }

  async #rows(state?: string): Promise<Row[]> {
    const { rows } = await pool.query<Row>(
      `select t.id, t.dag_id, r.run_id, t.task_id, t.state, t.try_number, t.fence, t.process_id
       from terrace.task_instance t join terrace.dag_run r on r.id = t.dag_run_id
       where t.dag_id like 'dag_%' and ($1::text is null or t.state = $1) order by t.id`,
      [state ?? null],
    )
    return rows
  }

  #model(row: Row): ModelRun {
    return this.#runs.get(`${row.dag_id}/${row.run_id}`)!
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)]!
  }
}

/** Increments equal a recomputation; limits hold. */
async function expectCountsRecomputed(db: Pool, what = ''): Promise<void> {
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
        count(*) filter (where t.state in ('queued', 'running'))::int)
      from terrace.task_instance t where t.dag_run_id = r.id)
      or n_active > max_active_tasks
    union all
    select 'pool', p.name from terrace.pool p
    where occupied_slots <> (select coalesce(sum(pool_slots), 0) from terrace.task_instance t
        where t.pool = p.name and t.state in ('queued', 'running'))
      or occupied_slots > slots
    union all
    select 'outbox', o.task_instance_id::text from terrace.task_instance t
    left join terrace.outbox o on o.task_instance_id = t.id and o.try_number = t.try_number
    where t.state = 'queued' and o.task_instance_id is null
    union all
    select 'attempts', t.id::text from terrace.task_instance t
    where t.fence <> (select count(*) from terrace.task_attempt a where a.task_instance_id = t.id)
      + (t.state = 'running')::int`)
  expect(rows, what).toEqual([])
}

/** Whatever is scheduled waits for a slot of its pool or its run, and for nothing else. */
async function expectNothingWaitsWithoutReason(what: string): Promise<void> {
  const { rows } = await pool.query(`
    select t.task_id from terrace.task_instance t
    join terrace.dag_run r on r.id = t.dag_run_id join terrace.pool p on p.name = t.pool
    where t.state = 'scheduled' and r.state = 'running' and r.n_active < r.max_active_tasks
      and p.slots - p.occupied_slots >= t.pool_slots`)
  // A release or a clear leaves room to the reconciler; its next call must use it.
  if (rows.length === 0) return
  await scheduleDue(pool)
  const { rowCount } = await pool.query(`
    select from terrace.task_instance t
    join terrace.dag_run r on r.id = t.dag_run_id join terrace.pool p on p.name = t.pool
    where t.state = 'scheduled' and r.state = 'running' and r.n_active < r.max_active_tasks
      and p.slots - p.occupied_slots >= t.pool_slots`)
  expect(rowCount, `${what}: ready tasks wait although there is room`).toBe(0)
}

function finished(
  attempt: { taskInstanceId: string; fence: number },
  outcome: AttemptOutcome,
): FinishedAttempt {
  return {
    taskInstanceId: attempt.taskInstanceId,
    fence: attempt.fence,
    outcome,
    output: null,
    error: outcome === 'failed' ? 'made to fail' : null,
    delayMs: outcome === 'up_for_retry' ? 3_600_000 : null,
    skipTaskIds: [],
    assetEvents: [],
    codeHash: 'code',
    continueHere: false,
  }
}

function randomDag(dagId: string, random: () => number): TestDag {
  const size = 2 + Math.floor(random() * 7)
  const tasks: ModelTask[] = Array.from({ length: size }, (_, n) => ({
    taskId: `t${n}`,
    upstreams: Array.from({ length: n }, (_, m) => `t${m}`).filter(() => random() < 0.4),
    rule:
      random() < 0.5 ? 'all_success' : TRIGGER_RULES[Math.floor(random() * TRIGGER_RULES.length)]!,
  }))
  const maxActiveTasks = 1 + Math.floor(random() * 4)
  return { dagId, tasks, serialized: toDag(dagId, tasks, 1000, maxActiveTasks, random) }
}

function toDag(
  dagId: string,
  tasks: ModelTask[],
  maxActiveRuns: number,
  maxActiveTasks: number,
  random: () => number = () => 0,
) {
  return serializedDag(
    dagId,
    tasks.map(({ taskId, rule }) =>
      serializedTask(taskId, {
        triggerRule: rule,
        priorityWeight: 1 + Math.floor(random() * 3),
        poolSlots: 1 + Math.floor(random() * 2),
      }),
    ),
    tasks.flatMap(({ taskId, upstreams }) =>
      upstreams.map((upstream): [string, string] => [upstream, taskId]),
    ),
    { maxActiveRuns, maxActiveTasks },
  )
}

/** A small seeded generator of numbers in [0, 1) (public domain algorithm by Tommy Ettinger). */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
