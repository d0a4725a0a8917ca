// Schedulers on real Postgres, with the queue on Postgres too. Attempts are claimed and finished by
// the tests, so that each crash stands exactly where it should.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import type { SerializedDag } from '../../orchestrator/graph/serialized-dag.ts'
import { migrateQueue, openTaskQueue } from '../../orchestrator/queue/index.ts'
import type { QueueConsumer, QueueEntry, TaskQueue } from '../../orchestrator/queue/types.ts'
import {
  type RunningScheduler,
  type SchedulerOptions,
  startScheduler,
} from '../../orchestrator/scheduler/scheduler.ts'
import { claimAttempts, finishAttempts } from '../../orchestrator/store/attempts.ts'
import { setPaused } from '../../orchestrator/store/dags.ts'
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

let plane: ControlPlane
let pool: Pool
let queue: TaskQueue
const schedulers: RunningScheduler[] = []
const consumers: QueueConsumer[] = []

beforeEach(async () => {
  plane = await freshControlPlane()
  pool = plane.pool
  await migrateQueue(plane.database.url)
  queue = await openTaskQueue({ databaseUrl: plane.database.url })
})
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.drain()))
  await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.stop()))
  await queue.close()
  await plane.close()
})

async function schedule(options: Partial<SchedulerOptions> = {}): Promise<RunningScheduler> {
  const scheduler = await startScheduler({
    pool,
    databaseUrl: plane.database.url,
    queue,
    hostname: 'test',
    log: () => {},
    tickMs: 100,
    reconciler: { outboxAgeMs: 200, unclaimedGraceMs: 500, sweepEveryMs: 500 },
    ...options,
  })
  schedulers.push(scheduler)
  return scheduler
}

/** A worker of the test's own: every delivery is claimed and succeeds. */
async function work(onDelivery: (entry: QueueEntry) => void = () => {}): Promise<string> {
  const worker = await registerWorker(pool)
  consumers.push(
    await queue.consume({ queue: 'default', concurrency: 4, onError: () => {} }, async (entry) => {
      onDelivery(entry)
      await claimAndSucceed(worker, entry)
    }),
  )
  return worker
}

async function claimAndSucceed(
  worker: string,
  entry: Pick<QueueEntry, 'taskInstanceId' | 'tryNumber'>,
  assetEvents: { asset: string; extra: Record<string, never> }[] = [],
) {
  const claimed = await claimAttempts(pool, worker, [entry])
  const result = await finishAttempts(
    pool,
    worker,
    claimed.map((attempt) => ({
      taskInstanceId: attempt.taskInstanceId,
      fence: attempt.fence,
      outcome: 'success',
      output: null,
      error: null,
      delayMs: null,
      skipTaskIds: [],
      assetEvents,
      codeHash: null,
      continueHere: false,
    })),
  )
  await queue.publish(result.queued)
  return claimed
}

function chain(dagId: string, overrides: Partial<SerializedDag> = {}): SerializedDag {
  return serializedDag(
    dagId,
    [serializedTask('first'), serializedTask('second')],
    [['first', 'second']],
    overrides,
  )
}

const everyMinute = {
  schedule: {
    cron: { expression: '* * * * *', timezone: 'UTC' },
    once: false,
    assets: null,
    summary: '* * * * *',
  },
}

async function runs(dagId: string) {
  const { rows } = await pool.query(
    `select run_id, run_type, state, logical_date, data_interval_end from terrace.dag_run
     where dag_id = $1 order by run_after, run_id`,
    [dagId],
  )
  return rows
}

const ended = (dagId: string, count: number) =>
  until(`${count} runs of ${dagId} have succeeded`, async () => {
    const all = await runs(dagId)
    return all.length >= count && all.every((run) => run.state === 'success') && all
  })

describe('time', () => {
  test('each interval of a catch-up gets one run although five schedulers look for work', async () => {
    const start = new Date(Date.now() - 12 * 60_000)
    start.setUTCSeconds(0, 0)
    await register(
      pool,
      chain('catch_up', { ...everyMinute, catchup: true, startDate: start.toISOString() }),
    )
    await work()
    await Promise.all([1, 2, 3, 4, 5].map(() => schedule()))
    const all = await ended('catch_up', 12)
    const starts = all.map((run) => run.logical_date.getTime())
    expect(starts).toEqual(starts.map((_, n) => start.getTime() + n * 60_000))
    expect(all.every((run) => run.data_interval_end - run.logical_date === 60_000)).toBe(true)
  })

  test('without catch-up only the latest complete interval is run', async () => {
    await register(pool, chain('latest', { ...everyMinute, startDate: '2026-01-01T00:00:00Z' }))
    await work()
    await schedule()
    const all = await ended('latest', 1)
    expect(all.length).toBeLessThanOrEqual(2)
  })

  test('an interval that was run by hand is done, and the schedule goes on behind it', async () => {
    const start = new Date(Date.now() - 3 * 60_000)
    start.setUTCSeconds(0, 0)
    await register(
      pool,
      chain('by_hand', { ...everyMinute, catchup: true, startDate: start.toISOString() }),
    )
    await triggerRun(pool, { dagId: 'by_hand', logicalDate: start, triggeredBy: 'test' })
    await work()
    await schedule()
    const all = await ended('by_hand', 3)
    expect(all.map((run) => run.run_type)).toEqual(expect.arrayContaining(['manual', 'scheduled']))
    const starts = all.map((run) => run.logical_date.getTime())
    expect(starts.filter((at) => at === start.getTime())).toHaveLength(1)
  })

  test('@once makes exactly one run, also when a new version appears', async () => {
    const once = { schedule: { cron: null, once: true, assets: null, summary: '@once' } }
    await register(pool, chain('once', once))
    await work()
    const scheduler = await schedule()
    await ended('once', 1)
    await register(pool, chain('once', { ...once, description: 'edited' }))
    await scheduler.wake()
    expect(await runs('once')).toHaveLength(1)
  })

  test('a paused DAG starts nothing, and what was triggered meanwhile starts when it goes on', async () => {
    await register(pool, chain('paused', { pausedUponCreation: true }))
    await work()
    const scheduler = await schedule()
    await triggerRun(pool, { dagId: 'paused', triggeredBy: 'test' })
    await scheduler.wake()
    expect((await runs('paused'))[0].state).toBe('queued')
    await setPaused(pool, 'paused', false, 'test')
    await ended('paused', 1)
  })
})

describe('assets', () => {
  const onAsset = (dagId: string, overrides: Partial<SerializedDag> = {}) =>
    chain(dagId, {
      schedule: { cron: null, once: false, assets: { asset: 'raw:x' }, summary: 'Asset' },
      maxActiveRuns: 1,
      ...overrides,
    })
  const emit = () => pool.query(`select terrace.emit_assets('[{"asset": "raw:x"}]')`)

  test('events during a run become one next run that consumes them all', async () => {
    await register(pool, onAsset('consumer'))
    await schedule()
    await emit()
    const [entry] = await until('the first run is queued', async () => {
      const { rows } = await pool.query(
        `select id as "taskInstanceId", try_number as "tryNumber" from terrace.task_instance where state = 'queued'`,
      )
      return rows.length > 0 && rows
    })
    for (let n = 0; n < 5; n++) await emit()
    expect(await runs('consumer')).toHaveLength(1)
    await claimAndSucceed(await registerWorker(pool), entry)
    await work()
    await ended('consumer', 2)
    const { rows } = await pool.query(
      'select count(*)::int as n from terrace.dag_run_asset_event group by dag_run_id order by 1',
    )
    expect(rows.map((row) => row.n)).toEqual([1, 5])
  })

  test('stand beside a cron: both make runs', async () => {
    await register(
      pool,
      onAsset('both', {
        schedule: { ...everyMinute.schedule, assets: { asset: 'raw:x' }, summary: 'both' },
        maxActiveRuns: 4,
      }),
    )
    await work()
    await schedule()
    await emit()
    await ended('both', 2)
    expect(new Set((await runs('both')).map((run) => run.run_type))).toEqual(
      new Set(['scheduled', 'asset_triggered']),
    )
  })

  test('all of an expression must be updated, any of it suffices', async () => {
    const named = (assets: SerializedDag['schedule']['assets']) => ({
      schedule: { cron: null, once: false, assets, summary: 'Asset' },
    })
    await register(
      pool,
      chain('all', named({ all: [{ asset: 'raw:x' }, { asset: 'raw:y' }] })),
      chain('any', named({ any: [{ asset: 'raw:x' }, { asset: 'raw:y' }] })),
    )
    await work()
    const scheduler = await schedule()
    await emit()
    await ended('any', 1)
    await scheduler.wake()
    expect(await runs('all')).toEqual([])
    await pool.query(`select terrace.emit_assets('[{"asset": "raw:y"}]')`)
    await ended('all', 1)
  })

  test('a watched source makes one event of all that moved between two looks', async () => {
    await register(
      pool,
      chain('watching', {
        schedule: { cron: null, once: false, assets: { asset: 'log:t' }, summary: 'Asset' },
      }),
    )
    let position = 1
    let changed = () => {}
    await work()
    await schedule({
      assetSource: {
        prefix: 'log:',
        position: async (name) => ({ [name]: position }),
        watch: (_, onChange, signal) => {
          changed = onChange
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
        },
      },
    })
    await ended('watching', 1)
    position = 7
    changed()
    changed()
    await ended('watching', 2)
    const { rows } = await pool.query('select extra from terrace.asset_event order by created_at')
    expect(rows.map((row) => row.extra.position)).toEqual([{ t: 1 }, { t: 7 }])
  })
})

describe('repairs', () => {
  test('what was committed but never put on the queue is published', async () => {
    await register(pool, chain('crashed'))
    await work()
    await triggerRun(pool, { dagId: 'crashed', triggeredBy: 'test' })
    // Starts the run and forgets to publish, as a process that dies there does.
    await startRuns(pool, 'crashed')
    await schedule()
    await ended('crashed', 1)
  })

  test('attempts that the queue lost are put on it again, under the next sequence', async () => {
    await register(pool, chain('lost'))
    await triggerRun(pool, { dagId: 'lost', triggeredBy: 'test' })
    await startRuns(pool, 'lost')
    await pool.query('delete from terrace.outbox')
    const sequences: number[] = []
    await work((entry) => sequences.push(entry.queueSequence))
    await schedule()
    await ended('lost', 1)
    expect(sequences[0]).toBe(1)
  })

  test('attempts of a worker whose lease ran out go to another one', async () => {
    await register(pool, chain('orphan'))
    const dead = await registerWorker(pool)
    await triggerRun(pool, { dagId: 'orphan', triggeredBy: 'test' })
    const [entry] = await startRuns(pool, 'orphan')
    const [attempt] = await claimAttempts(pool, dead, [entry!])
    await pool.query(`update terrace.process set lease_until = now() where id = $1`, [dead])
    await work()
    await schedule()
    await ended('orphan', 1)
    const { rows } = await pool.query(
      'select outcome from terrace.task_attempt where task_instance_id = $1 order by fence',
      [attempt!.taskInstanceId],
    )
    expect(rows.map((row) => row.outcome)).toEqual(['lost', 'success'])
    const { refused } = await finishAttempts(pool, dead, [
      {
        taskInstanceId: attempt!.taskInstanceId,
        fence: attempt!.fence,
        outcome: 'success',
        output: null,
        error: null,
        delayMs: null,
        skipTaskIds: [],
        assetEvents: [],
        codeHash: null,
        continueHere: false,
      },
    ])
    expect(refused).toEqual([attempt!.taskInstanceId])
  })

  test('a queue that is away costs time and nothing else', async () => {
    await register(pool, chain('away'))
    const lines: string[] = []
    let away = true
    const flaky: TaskQueue = {
      kind: queue.kind,
      publish: (entries) => (away ? Promise.reject(new Error('no queue')) : queue.publish(entries)),
      consume: (options, handle) => queue.consume(options, handle),
      notWaiting: (entries) =>
        away ? Promise.reject(new Error('no queue')) : queue.notWaiting(entries),
      depth: (name) => (away ? Promise.reject(new Error('no queue')) : queue.depth(name)),
      ping: () => queue.ping(),
      close: () => queue.close(),
    }
    await work()
    await schedule({ queue: flaky, log: (line) => lines.push(line) })
    await triggerRun(pool, { dagId: 'away', triggeredBy: 'test' })
    await until('the scheduler says so', async () =>
      lines.some((line) => line.includes('no queue')),
    )
    away = false
    await ended('away', 1)
    expect(lines.filter((line) => line.includes('no queue'))).toHaveLength(1)
  })

  test('a run past its time limit fails, and its running task is asked to stop', async () => {
    await register(pool, chain('slow', { runTimeoutMs: 1 }))
    const worker = await registerWorker(pool)
    await triggerRun(pool, { dagId: 'slow', triggeredBy: 'test' })
    const [entry] = await startRuns(pool, 'slow')
    await claimAttempts(pool, worker, [entry!])
    await schedule()
    await until('the run has failed', async () => (await runs('slow'))[0].state === 'failed')
    const { rows } = await pool.query(
      'select task_id, state, cancel_requested from terrace.task_instance order by task_id',
    )
    expect(rows).toEqual([
      { task_id: 'first', state: 'running', cancel_requested: true },
      { task_id: 'second', state: 'skipped', cancel_requested: false },
    ])
  })

  test('a cleared task and its downstream run again, and every attempt is kept', async () => {
    await register(pool, chain('cleared'))
    await work()
    await schedule()
    await triggerRun(pool, { dagId: 'cleared', triggeredBy: 'test' })
    await ended('cleared', 1)
    await clearTaskInstances(pool, {
      dagId: 'cleared',
      runIds: null,
      taskIds: ['first'],
      upstream: false,
      downstream: true,
      onlyFailed: false,
      onlyRunning: false,
      resetDagRuns: true,
      dryRun: false,
      actor: 'test',
    })
    await until('both tasks have two attempts', async () => {
      const { rows } = await pool.query('select count(*)::int as n from terrace.task_attempt')
      return rows[0].n === 4
    })
    await ended('cleared', 1)
  })
})

describe('triggers', () => {
  test('a hundred at once with one idempotency key make one run', async () => {
    await register(pool, chain('idempotent'))
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        triggerRun(pool, {
          dagId: 'idempotent',
          runId: `run_${n}`,
          triggeredBy: 'test',
          idempotencyKey: 'once',
        }),
      ),
    )
    expect(new Set(made.map((run) => run.dagRunId)).size).toBe(1)
    expect(made.filter((run) => !run.existed)).toHaveLength(1)
    expect(await runs('idempotent')).toHaveLength(1)
  })

  test('a run id that is taken, and a DAG that is not there, are named', async () => {
    await register(pool, chain('named'))
    await triggerRun(pool, { dagId: 'named', runId: 'mine', triggeredBy: 'test' })
    await expect(
      triggerRun(pool, { dagId: 'named', runId: 'mine', triggeredBy: 'test' }),
    ).rejects.toThrow(/has the run "mine" already/)
    await expect(triggerRun(pool, { dagId: 'nope', triggeredBy: 'test' })).rejects.toThrow(
      /There is no DAG "nope"/,
    )
  })
})
