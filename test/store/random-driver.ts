// Does random things to the control plane and the same to the brute-force model, and compares them.

import { expect } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import {
  type AttemptOutcome,
  claimAttempts,
  type FinishedAttempt,
  finishAttempts,
} from '../../orchestrator/store/attempts.ts'
import { markRun, markTasks, RUN_MARKS, TASK_MARKS } from '../../orchestrator/store/marks.ts'
import { loseAttempts, scheduleDue, sweepRuns } from '../../orchestrator/store/reconcile.ts'
import { clearTaskInstances, startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { registerWorker } from '../support/control-plane.ts'
import { ModelRun, type ModelState } from './brute-force-model.ts'
import { expectCountsRecomputed, expectNothingWaitsWithoutReason } from './count-checks.ts'
import type { RandomDag } from './random-dags.ts'

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

export class Driver {
  readonly #pool: Pool
  readonly #random: () => number
  readonly #dags: RandomDag[]
  readonly #runs = new Map<string, ModelRun>()
  readonly #workers: string[] = []
  #nextRun = 0

  constructor(pool: Pool, random: () => number, dags: RandomDag[]) {
    this.#pool = pool
    this.#random = random
    this.#dags = dags
  }

  /** Its lease ends when #kill says so, however slow the machine is. */
  async addWorker(): Promise<void> {
    this.#workers.push(await registerWorker(this.#pool, 3_600))
  }

  async step(): Promise<string> {
    const dice = this.#random()
    if (dice < 0.08 && (await this.#openRuns()) < 6) return this.#trigger()
    if (dice < 0.4) return this.#claim()
    if (dice < 0.8) return this.#finish()
    if (dice < 0.85) return this.#retryDue()
    if (dice < 0.88) return this.#kill()
    if (dice < 0.92) return this.#staleFinish()
    if (dice < 0.95) return this.#clear()
    if (dice < 0.98) return this.#mark()
    if (dice < 0.985) return this.#markRun()
    await sweepRuns(this.#pool)
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
    await triggerRun(this.#pool, { dagId: dag.dagId, runId, triggeredBy: 'test' })
    const run = new ModelRun(dag.tasks)
    this.#runs.set(`${dag.dagId}/${runId}`, run)
    await this.#startAll()
    return `trigger ${dag.dagId} ${runId}`
  }

  async #startAll(): Promise<void> {
    for (const dag of this.#dags) await startRuns(this.#pool, dag.dagId)
    for (const run of this.#runs.values()) if (run.state === 'queued') run.start()
  }

  async #claim(): Promise<string> {
    const queued = await this.#rows('queued')
    if (queued.length === 0) return 'nothing to claim'
    const some = queued.filter(() => this.#random() < 0.5)
    const claimed = await claimAttempts(
      this.#pool,
      this.#pick(this.#workers),
      some.map((row) => ({ taskInstanceId: row.id, tryNumber: row.try_number })),
    )
    expect(claimed.length).toBe(some.length)
    for (const row of some) this.#model(row).move(row.task_id, 'running')
    return `claim ${some.length}`
  }

  async #finish(): Promise<string> {
    const running = [...(await this.#rows('running')), ...(await this.#rows('restarting'))]
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
      const result = await finishAttempts(this.#pool, worker, [
        {
          ...finished({ taskInstanceId: row.id, fence: row.fence }, outcome),
          skipTaskIds: skip,
          continueHere: this.#random() < 0.5,
        },
      ])
      expect(result.refused).toEqual([])
      if (this.#isStopped(run, row)) run.end(row.task_id, this.#endOf(outcome), skip)
      else if (outcome === 'up_for_retry') run.move(row.task_id, 'up_for_retry')
      else if (outcome === 'released') run.move(row.task_id, 'ready')
      else run.end(row.task_id, outcome, skip)
      for (const next of result.continued) run.move(next.taskId, 'running')
      outcomes.push(`${row.task_id}=${outcome}${skip.length ? ' short' : ''}`)
    }
    return `finish ${outcomes.join(', ')}`
  }

  /**
   * In one statement, as a busy worker does; a single end may be another one's code. Ends of attempts
   * that were fenced off stand between them and change nothing.
   */
  async #finishTogether(worker: string, batch: Row[]): Promise<string> {
    const ends = batch.map((row) => ({ row, outcome: this.#pick(OUTCOMES) }))
    const stale = ends.filter(({ row }) => row.fence > 1 && this.#random() < 0.5)
    const result = await finishAttempts(this.#pool, worker, [
      ...stale.map(({ row }) => ({
        ...finished({ taskInstanceId: row.id, fence: row.fence - 1 }, this.#pick(OUTCOMES)),
        skipTaskIds: this.#below(this.#model(row), row.task_id),
        continueHere: true,
      })),
      ...ends.map(({ row, outcome }) => ({
        ...finished({ taskInstanceId: row.id, fence: row.fence }, outcome),
        continueHere: this.#random() < 0.5,
      })),
    ])
    expect(result.refused).toEqual(stale.map(({ row }) => row.id))
    const ended = new Map<ModelRun, Parameters<ModelRun['endTogether']>[0][number][]>()
    for (const { row, outcome } of ends) {
      const run = this.#model(row)
      if (outcome === 'up_for_retry' && !this.#isStopped(run, row))
        run.move(row.task_id, 'up_for_retry')
      else if (outcome === 'released' && !this.#isStopped(run, row)) run.move(row.task_id, 'ready')
      else
        ended.set(run, [
          ...(ended.get(run) ?? []),
          { taskId: row.task_id, state: this.#endOf(outcome) },
        ])
    }
    for (const [run, of] of ended) run.endTogether(of)
    for (const next of result.continued)
      this.#runs.get(`${next.dagId}/${next.runId}`)!.move(next.taskId, 'running')
    return `finish together ${ends.map(({ row, outcome }) => `${row.task_id}=${outcome}`).join(', ')}`
  }

  async #retryDue(): Promise<string> {
    await this.#pool.query(
      `update terrace.task_instance set run_after = now() where state = 'up_for_retry'`,
    )
    await scheduleDue(this.#pool)
    for (const run of this.#runs.values())
      for (const [taskId, state] of run.states)
        if (state === 'up_for_retry') run.move(taskId, 'ready')
    return 'retries due'
  }

  async #kill(): Promise<string> {
    const dead = this.#pick(this.#workers)
    this.#workers.splice(this.#workers.indexOf(dead), 1)
    await this.addWorker()
    const running = [...(await this.#rows('running')), ...(await this.#rows('restarting'))]
    const lost = running.filter((row) => row.process_id === dead)
    await this.#pool.query('update terrace.task_instance set n_losses = 0')
    await this.#pool.query(
      `update terrace.process set lease_until = now() - interval '1 s' where id = $1`,
      [dead],
    )
    await loseAttempts(this.#pool)
    const stopped = new Map<ModelRun, { taskId: string; state: ModelState }[]>()
    for (const row of lost) {
      const run = this.#model(row)
      if (!this.#isStopped(run, row)) run.move(row.task_id, 'ready')
      else stopped.set(run, [...(stopped.get(run) ?? []), { taskId: row.task_id, state: 'failed' }])
    }
    for (const [run, ends] of stopped) run.endTogether(ends)
    return `kill a worker with ${lost.length} attempts`
  }

  async #staleFinish(): Promise<string> {
    const running = await this.#rows('running')
    if (running.length === 0) return 'nothing runs'
    const row = this.#pick(running)
    const { refused } = await finishAttempts(this.#pool, row.process_id!, [
      finished({ taskInstanceId: row.id, fence: row.fence - 1 }, 'success'),
    ])
    expect(refused).toEqual([row.id])
    const other = await finishAttempts(this.#pool, '00000000-0000-7000-8000-000000000000', [
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
    const cleared = await clearTaskInstances(this.#pool, {
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

  async #mark(): Promise<string> {
    if (this.#runs.size === 0) return 'nothing to mark'
    const [key, run] = this.#pick([...this.#runs.entries()])
    const [dagId, runId] = key.split('/') as [string, string]
    const state = this.#pick(TASK_MARKS)
    const marked = await markTasks(this.#pool, {
      dagId,
      runId,
      taskId: this.#pick(run.tasks).taskId,
      state,
      upstream: this.#random() < 0.2,
      downstream: this.#random() < 0.2,
      past: false,
      future: false,
      dryRun: false,
      actor: 'test',
    })
    const taskIds = marked.map((one) => one.taskId)
    if (taskIds.length > 0) run.mark(taskIds, state)
    await this.#startAll()
    return `mark ${key} ${taskIds.join(' ')} as ${state}`
  }

  async #markRun(): Promise<string> {
    if (this.#runs.size === 0) return 'nothing to mark'
    const [key, run] = this.#pick([...this.#runs.entries()])
    const [dagId, runId] = key.split('/') as [string, string]
    const state = this.#pick(RUN_MARKS)
    await markRun(this.#pool, { dagId, runId, state, actor: 'test' })
    run.markRun(state)
    await this.#startAll()
    return `mark ${key} as ${state}`
  }

  /** Whatever its attempt says, it takes the state that somebody decided, or none. */
  #isStopped(run: ModelRun, { task_id }: Row): boolean {
    return run.stops.has(task_id) || run.states.get(task_id) === 'restarting'
  }

  #endOf(outcome: (typeof OUTCOMES)[number]): 'success' | 'failed' | 'skipped' {
    return outcome === 'success' || outcome === 'skipped' ? outcome : 'failed'
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
    const { rows: runs } = await this.#pool.query(
      `select dag_id, run_id, state from terrace.dag_run where dag_id like 'dag_%'`,
    )
    for (const row of runs)
      expect(row.state, `${what}: ${row.dag_id}/${row.run_id}`).toBe(
        this.#runs.get(`${row.dag_id}/${row.run_id}`)?.state,
      )
    await expectCountsRecomputed(this.#pool, what)
    await expectNothingWaitsWithoutReason(this.#pool, what)
  }

  #below(run: ModelRun, taskId: string): string[] {
    const below = new Set<string>([taskId])
    for (const task of run.tasks)
      if (task.upstreams.some((up) => below.has(up))) below.add(task.taskId)
    below.delete(taskId)
    return [...below]
  }

  async #rows(state?: string): Promise<Row[]> {
    const { rows } = await this.#pool.query<Row>(
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

export function finished(
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
