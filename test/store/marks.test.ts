// Marks and ends that meet: both take the run's lock, and which is first is decided once.

import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { claimAttempts, finishAttempts } from '../../orchestrator/store/attempts.ts'
import { markRun, markTasks, requeueRun, type TaskMark } from '../../orchestrator/store/marks.ts'
import { clearTaskInstances, startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  registerWorker,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'
import { until } from '../support/until.ts'
import { expectCountsRecomputed } from './count-checks.ts'
import { finished } from './random-driver.ts'

let plane: ControlPlane
let pool: Pool
let worker: string
let other: Client

beforeEach(async () => {
  plane = await freshControlPlane()
  pool = plane.pool
  other = new Client({ connectionString: plane.database.url })
  await other.connect()
  worker = await registerWorker(pool)
  const tasks = [serializedTask('a', { retries: 2 }), serializedTask('b'), serializedTask('c')]
  await register(
    pool,
    serializedDag('dag', tasks, [
      ['a', 'b'],
      ['b', 'c'],
    ]),
  )
})
afterEach(async () => {
  await expectCountsRecomputed(pool)
  await other.end()
  await plane.close()
})

async function started() {
  await triggerRun(pool, { dagId: 'dag', runId: 'r', triggeredBy: 'test' })
  return startRuns(pool, 'dag')
}

const claimed = async () => (await claimAttempts(pool, worker, await started()))[0]!

const mark = (taskId: string, state: TaskMark, changes = {}) =>
  markTasks(pool, {
    dagId: 'dag',
    runId: 'r',
    taskId,
    state,
    upstream: false,
    downstream: false,
    past: false,
    future: false,
    dryRun: false,
    actor: 'olga',
    ...changes,
  })

const clearAll = () =>
  clearTaskInstances(pool, {
    dagId: 'dag',
    runIds: ['r'],
    taskIds: null,
    upstream: false,
    downstream: false,
    onlyFailed: true,
    onlyRunning: false,
    resetDagRuns: true,
    dryRun: false,
    actor: 'olga',
  })

async function states() {
  const { rows } = await pool.query(
    `select array_agg(state::text order by task_id) as tasks,
       (select state from terrace.dag_run) as run from terrace.task_instance`,
  )
  return `${rows[0].tasks.join(' ')}, run ${rows[0].run}`
}

/** Runs both, the first of them with the run's lock before the other asks for it. */
async function inTurn(first: () => Promise<unknown>, second: () => Promise<unknown>) {
  const waiting = (count: number) =>
    until(`${count} wait(s) for the run`, async () => {
      const { rowCount } = await pool.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      )
      return rowCount === count
    })
  await other.query('begin')
  await other.query('select from terrace.dag_run for no key update')
  const one = first()
  await waiting(1)
  const two = second()
  await waiting(2)
  await other.query('commit')
  await Promise.all([one, two])
}

const success = (attempt: Awaited<ReturnType<typeof claimed>>) =>
  finishAttempts(pool, worker, [{ ...finished(attempt, 'success'), output: '7' }])

test('a mark that comes before the end decides, and the output is not stored', async () => {
  const attempt = await claimed()
  await inTurn(
    () => mark('a', 'failed'),
    () => success(attempt),
  )
  expect(await states()).toBe('failed upstream_failed upstream_failed, run failed')
  expect((await pool.query('select from terrace.task_output')).rowCount).toBe(0)
})

test('a mark that comes after the end changes what the end decided', async () => {
  const attempt = await claimed()
  await inTurn(
    () => success(attempt),
    () => mark('a', 'failed'),
  )
  // What had started below it is not taken back.
  expect(await states()).toBe('failed queued none, run running')
})

test('a success that was marked as one keeps its output, and what follows goes on', async () => {
  const attempt = await claimed()
  await mark('a', 'success')
  await success(attempt)
  expect(await states()).toBe('success queued none, run running')
  const { rows } = await pool.query('select value from terrace.task_output')
  expect(rows).toEqual([{ value: 7 }])
})

test.each<[string, () => Promise<unknown>]>([
  ['queued', started],
  [
    'up_for_retry',
    async () => finishAttempts(pool, worker, [finished(await claimed(), 'up_for_retry')]),
  ],
])('a task that is %s is marked at once, and what follows goes on', async (_, prepare) => {
  await prepare()
  await mark('a', 'success')
  await mark('b', 'skipped')
  expect(await states()).toBe('success skipped skipped, run success')
})

test('a failed run goes on when the task that failed is marked as success', async () => {
  await finishAttempts(pool, worker, [finished(await claimed(), 'failed')])
  expect(await states()).toBe('failed upstream_failed upstream_failed, run failed')
  await mark('a', 'success')
  expect(await states()).toBe('success none none, run queued')
  expect(await startRuns(pool, 'dag')).toHaveLength(1)
})

test('a run follows its last task when that is marked', async () => {
  await finishAttempts(pool, worker, [finished(await claimed(), 'failed')])
  await mark('c', 'success')
  expect(await states()).toBe('failed upstream_failed success, run success')
})

test('a dry run and a mark that is there already change nothing', async () => {
  await started()
  expect(await mark('a', 'failed', { dryRun: true, downstream: true })).toHaveLength(3)
  expect(await states()).toBe('queued none none, run running')
  await mark('c', 'success')
  expect(await mark('c', 'success')).toEqual([])
  const { rows } = await pool.query(
    `select actor from terrace.audit_log where action = 'task.mark'`,
  )
  expect(rows).toEqual([{ actor: 'olga' }])
})

test('a run of a paused DAG is marked although it never started', async () => {
  await pool.query('update terrace.dag set is_paused = true')
  await started()
  await markRun(pool, { dagId: 'dag', runId: 'r', state: 'failed', actor: 'olga' })
  expect(await states()).toBe('skipped skipped skipped, run failed')
  await requeueRun(pool, { dagId: 'dag', runId: 'r', actor: 'olga' })
  expect(await states()).toBe('skipped skipped skipped, run queued')
})

test('marking a run as success makes every task one', async () => {
  await finishAttempts(pool, worker, [finished(await claimed(), 'failed')])
  await markRun(pool, { dagId: 'dag', runId: 'r', state: 'success', actor: 'olga' })
  expect(await states()).toBe('success success success, run success')
})

test('clearing what is being stopped lets it run again, when its attempt is gone', async () => {
  const attempt = await claimed()
  await markRun(pool, { dagId: 'dag', runId: 'r', state: 'failed', actor: 'olga' })
  await clearTaskInstances(pool, {
    dagId: 'dag',
    runIds: ['r'],
    taskIds: null,
    upstream: false,
    downstream: false,
    onlyFailed: false,
    onlyRunning: false,
    resetDagRuns: true,
    dryRun: false,
    actor: 'olga',
  })
  expect(await states()).toBe('restarting none none, run running')
  await finishAttempts(pool, worker, [finished(attempt, 'cancelled')])
  expect(await states()).toBe('queued none none, run running')
})

test('of two people who clear what failed the second does not clear what runs again', async () => {
  await finishAttempts(pool, worker, [finished(await claimed(), 'failed')])
  await inTurn(clearAll, clearAll)
  const { rows } = await pool.query(
    `select detail from terrace.audit_log where action = 'task.clear'`,
  )
  expect(rows).toHaveLength(1)
})
