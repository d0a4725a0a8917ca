// Interleavings that a happy run never shows: each one had gone wrong once. The other side of a race is
// a transaction that the test holds open by hand.

import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { migrateQueue, openTaskQueue } from '../../orchestrator/queue/index.ts'
import { startScheduler } from '../../orchestrator/scheduler/scheduler.ts'
import {
  type AttemptOutcome,
  type ClaimedAttempt,
  claimAttempts,
  finishAttempts,
} from '../../orchestrator/store/attempts.ts'
import { cleanMetadata } from '../../orchestrator/store/maintenance.ts'
import { loseAttempts, scheduleDue, timeOutRuns } from '../../orchestrator/store/reconcile.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  registerWorker,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'
import { until } from '../support/until.ts'

let plane: ControlPlane
let pool: Pool
let other: Client

beforeEach(async () => {
  plane = await freshControlPlane()
  pool = plane.pool
  other = new Client({ connectionString: plane.database.url })
  await other.connect()
})
afterEach(async () => {
  await other.end()
  await plane.close()
})

const dag = (dagId: string, taskIds: string[], overrides = {}) =>
  serializedDag(
    dagId,
    taskIds.map((taskId) => serializedTask(taskId, { retries: 3 })),
    [],
    overrides,
  )

const ended = ({ taskInstanceId, fence }: ClaimedAttempt, outcome: AttemptOutcome) => ({
  taskInstanceId,
  fence,
  outcome,
  output: null,
  error: null,
  delayMs: 0,
  skipTaskIds: [],
  assetEvents: [],
  codeHash: null,
  continueHere: false,
})

async function startedRun(dagId: string) {
  await triggerRun(pool, { dagId, runId: dagId, triggeredBy: 'test' })
  return startRuns(pool, dagId)
}

test('taking attempts from two lost workers does not lock against a living one', async () => {
  await register(pool, dag('first', ['a']), dag('second', ['a', 'b']))
  const [first] = await startedRun('first')
  const second = await startedRun('second')
  const [dead, alsoDead] = [await registerWorker(pool), await registerWorker(pool)].sort()
  const alive = await registerWorker(pool)
  await claimAttempts(pool, dead!, [first!])
  await claimAttempts(pool, alsoDead!, [second[0]!])
  const [mine] = await claimAttempts(pool, alive, [second[1]!])
  await pool.query(`update terrace.process set lease_until = now() where id = any($1)`, [
    [dead, alsoDead],
  ])

  // The living worker's finish has the second run, and is about to ask for the pool.
  await other.query('begin')
  await other.query(`select from terrace.dag_run where run_id = 'second' for no key update`)
  const losing = loseAttempts(pool)
  await until('the first process is finished and the second waits for the run', async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    return rows.length > 0
  })
  await other.query('select terrace.finish_attempts($1, $2)', [
    alive,
    JSON.stringify([ended(mine!, 'success')]),
  ])
  await other.query('commit')
  expect(await losing).toHaveLength(2)
})

test.each<AttemptOutcome>(['up_for_retry', 'released', 'failed', 'lost' as AttemptOutcome])(
  'an attempt of a run past its time limit that ends as %s leaves nothing behind',
  async (outcome) => {
    await register(pool, dag('slow', ['a'], { runTimeoutMs: 1 }))
    const worker = await registerWorker(pool)
    const [attempt] = await claimAttempts(pool, worker, await startedRun('slow'))
    await until('it is past its limit', async () => (await timeOutRuns(pool)).length > 0)
    await finishAttempts(pool, worker, [ended(attempt!, outcome)])
    await scheduleDue(pool)
    const { rows } = await pool.query(
      `select r.state as run, r.n_unfinished, r.n_active, t.state
       from terrace.dag_run r join terrace.task_instance t on t.dag_run_id = r.id`,
    )
    expect(rows).toEqual([{ run: 'failed', n_unfinished: 0, n_active: 0, state: 'failed' }])
  },
)

test('retention leaves a run alone that is being cleared', async () => {
  await register(pool, dag('old', ['a']))
  const worker = await registerWorker(pool)
  const [attempt] = await claimAttempts(pool, worker, await startedRun('old'))
  await finishAttempts(pool, worker, [ended(attempt!, 'failed')])
  await pool.query(`update terrace.dag_run set ended_at = '2020-01-01'`)
  await other.query('begin')
  await other.query('select terrace.clear_tasks($1, true)', [[attempt!.taskInstanceId]])
  const cleaning = cleanMetadata(pool, { before: new Date('2021-01-01'), dryRun: false })
  await until('cleaning waits for the clear', async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    return rows.length > 0
  })
  await other.query('commit')
  expect((await cleaning).find(({ table }) => table === 'dag_run')?.rows).toBe(0)
  const { rows } = await pool.query('select state from terrace.dag_run')
  expect(rows).toEqual([{ state: 'queued' }])
})

test('a DAG that cannot start does not keep the others from starting', async () => {
  await register(pool, dag('a_bad', ['a']), dag('b_good', ['a']))
  await pool.query(`
    create function public.boom() returns trigger language plpgsql as
      $$ begin raise exception 'boom'; end $$;
    create trigger boom before update on terrace.dag_run for each row
      when (old.dag_id = 'a_bad') execute function public.boom()`)
  await migrateQueue(plane.database.url)
  const queue = await openTaskQueue({ databaseUrl: plane.database.url })
  const said: string[] = []
  const scheduler = await startScheduler({
    pool,
    databaseUrl: plane.database.url,
    queue,
    hostname: 'test',
    log: (line) => said.push(line),
    tickMs: 100,
  })
  try {
    await triggerRun(pool, { dagId: 'a_bad', triggeredBy: 'test' })
    await triggerRun(pool, { dagId: 'b_good', triggeredBy: 'test' })
    await until('the other DAG runs', async () => {
      const { rows } = await pool.query(`select state from terrace.dag_run where dag_id = 'b_good'`)
      return rows[0].state === 'running'
    })
    await until('the trouble is said', async () => said.some((line) => line.includes('a_bad')))
  } finally {
    await scheduler.stop()
    await queue.close()
  }
})
