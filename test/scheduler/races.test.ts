// Interleavings that a happy run never shows: each one had gone wrong once. The other side of a race is
// a transaction that the test holds open by hand.

import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
import {
  loseAttempts,
  requeueAttempts,
  scheduleDue,
  timeOutRuns,
} from '../../orchestrator/store/reconcile.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { createAssetRun } from '../../orchestrator/store/schedules.ts'
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

/** Statements of the pool that wait for a lock of the other side. */
const waiting = (count: number) =>
  until(`${count} statement(s) wait for a lock`, async () => {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    return rowCount === count
  })

describe('a run on assets', () => {
  const onBoth = (dagId: string) =>
    dag(dagId, ['a'], {
      schedule: {
        cron: null,
        once: false,
        assets: { all: [{ asset: 'x' }, { asset: 'y' }] },
        summary: 'x and y',
      },
    })
  const emit = (db: Pick<Client, 'query'>, ...assets: string[]) =>
    db.query('select terrace.emit_assets($1)', [
      JSON.stringify(assets.map((asset) => ({ asset, extra: {} }))),
    ])

  test('is not made with an asset missing when another scheduler took what this one saw', async () => {
    await register(pool, onBoth('both'))
    await emit(pool, 'x', 'y')
    // The other scheduler has the DAG, consumes both, and then the first asset is updated again.
    await other.query('begin')
    await other.query('select from terrace.dag for no key update')
    const seenByTwo = [createAssetRun(pool, 'both', 'one', new Date())]
    seenByTwo.push(createAssetRun(pool, 'both', 'two', new Date()))
    await waiting(2)
    await other.query('delete from terrace.asset_pending')
    await emit(other, 'x')
    await other.query('commit')
    expect(await Promise.all(seenByTwo)).toEqual([null, null])
    await emit(pool, 'y')
    expect(await createAssetRun(pool, 'both', 'three', new Date())).not.toBeNull()
    const { rows } = await pool.query(
      `select count(distinct e.asset_name)::int as assets from terrace.dag_run_asset_event x
       join terrace.asset_event e on e.id = x.asset_event_id group by x.dag_run_id`,
    )
    expect(rows).toEqual([{ assets: 2 }])
  })

  test('is decided by the expression of today', async () => {
    const either = onBoth('edited')
    either.schedule.assets = { any: [{ asset: 'x' }, { asset: 'y' }] }
    await register(pool, either)
    await emit(pool, 'x')
    await other.query('begin')
    await other.query('select from terrace.dag for no key update')
    const made = createAssetRun(pool, 'edited', 'one', new Date())
    await waiting(1)
    await other.query(
      `update terrace.dag_version set graph = jsonb_set(graph, '{schedule,assets}', $1)`,
      [JSON.stringify(onBoth('edited').schedule.assets)],
    )
    await other.query('commit')
    expect(await made).toBeNull()
  })

  test('waits for room that another scheduler has just taken', async () => {
    await register(pool, { ...onBoth('narrow'), maxActiveRuns: 1 })
    await emit(pool, 'x', 'y')
    const now = new Date()
    const made = await Promise.all([1, 2, 3].map(() => createAssetRun(pool, 'narrow', 'run', now)))
    expect(made.filter((run) => run !== null)).toHaveLength(1)
    await emit(pool, 'x', 'y')
    expect(await createAssetRun(pool, 'narrow', 'run', now)).toBeNull()
  })

  test('has an id of its own when another run was made in the same moment', async () => {
    await register(pool, onBoth('twice'))
    const now = new Date()
    const ids: (string | undefined)[] = []
    for (const _ of [1, 2, 3]) {
      await emit(pool, 'x', 'y')
      ids.push((await createAssetRun(pool, 'twice', 'asset__now', now))?.runId)
    }
    expect(ids).toEqual(['asset__now', 'asset__now_2', 'asset__now_3'])
  })
})

test('manual runs of one moment have ids of their own; an id that somebody chose is kept', async () => {
  await register(pool, dag('moment', ['a']))
  const now = new Date('2026-05-10T12:00:00Z')
  const trigger = () => triggerRun(pool, { dagId: 'moment', triggeredBy: 'test' }, now)
  const made = await Promise.all([trigger(), trigger(), trigger()])
  expect(made.map((run) => run.runId).sort()).toEqual([
    'manual__2026-05-10T12:00:00Z',
    'manual__2026-05-10T12:00:00Z_2',
    'manual__2026-05-10T12:00:00Z_3',
  ])
  await expect(
    triggerRun(pool, { dagId: 'moment', runId: made[0]!.runId, triggeredBy: 'test' }, now),
  ).rejects.toThrow(/has the run/)
})

test('a run that somebody holds keeps no task of another run from a free slot', async () => {
  await register(pool, dag('held', ['a']), dag('free', ['a']))
  await pool.query('update terrace.pool set slots = 0')
  await startedRun('held')
  await startedRun('free')
  await pool.query('update terrace.pool set slots = 1')
  await other.query('begin')
  await other.query(`select from terrace.dag_run where dag_id = 'held' for no key update`)
  expect(await scheduleDue(pool)).toHaveLength(1)
  const { rows } = await pool.query(
    `select dag_id from terrace.task_instance where state = 'queued'`,
  )
  expect(rows).toEqual([{ dag_id: 'free' }])
  await other.query('commit')
})

test('what a held run has waiting is looked at again soon', async () => {
  await register(pool, dag('held', ['a']))
  await pool.query('update terrace.pool set slots = 0')
  await startedRun('held')
  await pool.query('update terrace.pool set slots = 1')
  const listener = new Client({ connectionString: plane.database.url })
  await listener.connect()
  const told: (string | undefined)[] = []
  listener.on('notification', ({ payload }) => told.push(payload))
  await listener.query('listen terrace_scheduler')
  await other.query('begin')
  await other.query('select from terrace.dag_run for no key update')
  expect(await scheduleDue(pool)).toEqual([])
  await until('the scheduler is told', async () => told.includes('run_held'))
  await other.query('commit')
  await listener.end()
})

test('of two schedulers that find the same delivery lost one puts it on the queue', async () => {
  await register(pool, dag('lost', ['a']))
  const entries = await startedRun('lost')
  expect(await requeueAttempts(pool, entries)).toMatchObject([{ queueSequence: 1 }])
  expect(await requeueAttempts(pool, entries)).toEqual([])
})
