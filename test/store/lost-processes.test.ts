// When a process counts as lost: by its lease, by its connection, or by the word of who saw it end.

import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { claimAttempts } from '../../orchestrator/store/attempts.ts'
import {
  endAtOnce,
  expireLeases,
  holdLock,
  LEASE_SECONDS,
  renewLease,
} from '../../orchestrator/store/processes.ts'
import { loseAttempts } from '../../orchestrator/store/reconcile.ts'
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
let worker: string
let connection: Client
beforeAll(async () => {
  plane = await freshControlPlane()
})
afterAll(() => plane?.close())
beforeEach(async () => {
  worker = await registerWorker(plane.pool)
  connection = new Client({ connectionString: plane.database.url })
  await connection.connect()
  await holdLock(connection, worker)
  return () => connection.end().catch(() => {})
})

/** Puts the last renewal so far into the past. */
async function silentFor(seconds: number): Promise<void> {
  await plane.pool.query(
    'update terrace.process set lease_until = clock_timestamp() + make_interval(secs => $2) where id = $1',
    [worker, LEASE_SECONDS - seconds],
  )
}

async function hangUp(): Promise<void> {
  await connection.end()
  await until('the server has let go of the lock', async () => {
    const { rows } = await plane.pool.query(
      'select terrace.has_let_go(p) as gone from terrace.process p where id = $1',
      [worker],
    )
    return rows[0].gone
  })
}

async function isLost(watchedSeconds = 60): Promise<boolean> {
  await loseAttempts(plane.pool, { watchedSeconds })
  const { rows } = await plane.pool.query('select state from terrace.process where id = $1', [
    worker,
  ])
  return rows[0].state === 'lost'
}

test('A worker that is silent on an open connection is given its whole lease', async () => {
  await silentFor(LEASE_SECONDS - 1)
  expect(await isLost()).toBe(false)
  await silentFor(LEASE_SECONDS)
  expect(await isLost()).toBe(true)
})

test('A worker that is silent and has hung up is lost before its lease ends', async () => {
  await hangUp()
  await silentFor(0.35 * LEASE_SECONDS)
  expect(await isLost()).toBe(true)
  expect(await renewLease(plane.pool, worker)).toBe(false)
})

test('A worker that has hung up and renews its lease is left alone', async () => {
  await hangUp()
  await silentFor(0.1 * LEASE_SECONDS)
  expect(await isLost()).toBe(false)
})

test('After a time in which nobody looked, a silence counts only with the lease', async () => {
  await hangUp()
  await silentFor(0.9 * LEASE_SECONDS)
  expect(await isLost(0)).toBe(false)
  expect(await isLost(0.4 * LEASE_SECONDS)).toBe(true)
})

test('A process that somebody saw end is lost at once, and says how it ended', async () => {
  await expireLeases(plane.pool, [worker], 'its process ended (SIGKILL)')
  expect(await isLost(0)).toBe(true)
  const { rows } = await plane.pool.query(
    `select error from terrace.alert where kind = 'worker_lost' order by id desc limit 1`,
  )
  expect(rows[0].error).toContain('was lost: its process ended (SIGKILL). No task ran on it.')
})

test('What ran on a worker that was told to end at once is given back, without a loss or an alert', async () => {
  const { pool } = plane
  await register(pool, serializedDag('shop', [serializedTask('load')], []))
  await triggerRun(pool, { dagId: 'shop', runId: 'r', triggeredBy: 'test' })
  await claimAttempts(pool, worker, await startRuns(pool, 'shop'))
  await pool.query('delete from terrace.alert')

  await endAtOnce(pool, [worker])
  await loseAttempts(pool)
  const { rows } = await pool.query(
    `select t.state, t.n_losses, a.outcome, a.error
     from terrace.task_instance t join terrace.task_attempt a on a.task_instance_id = t.id`,
  )
  expect(rows).toEqual([
    {
      state: expect.stringMatching(/scheduled|queued/),
      n_losses: 0,
      outcome: 'released',
      error: expect.stringMatching(/^Worker .+ was told to end at once\.$/),
    },
  ])
  expect((await pool.query('select error from terrace.alert')).rows).toEqual([])
})
