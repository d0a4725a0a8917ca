// Which failures write an alert, in their own transaction, and which ends do not.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { claimAttempts } from '../../orchestrator/store/attempts.ts'
import { registerDags } from '../../orchestrator/store/dags.ts'
import { registerProcess } from '../../orchestrator/store/processes.ts'
import { loseAttempts, timeOutRuns } from '../../orchestrator/store/reconcile.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { register, serializedDag, serializedTask } from '../support/control-plane.ts'
import { until } from '../support/until.ts'
import { type FailingPlane, failing, failingPlane } from './failing-plane.ts'

let plane: FailingPlane
beforeEach(async () => {
  plane = await failingPlane()
  const tasks = [serializedTask('load'), serializedTask('publish')]
  await register(plane.pool, serializedDag('shop', tasks, [['load', 'publish']]))
})
afterEach(() => plane.close())

test('a success and an attempt that will be tried again are told to nobody', async () => {
  await plane.runAndEnd('shop', { outcome: 'success' })
  await plane.runAndEnd('shop', { outcome: 'skipped' })
  await plane.runAndEnd('shop', { outcome: 'up_for_retry', error: 'not yet' })
  await plane.runAndEnd('shop', { outcome: 'released' })
  expect(await plane.alerts()).toEqual([])
})

test('a check of the data has a kind of its own', async () => {
  await plane.runAndEnd('shop', { ...failing, failureCode: 'data_check' })
  expect(await plane.alerts()).toMatchObject([
    { kind: 'data_check_failed', code: 'data_check' },
    { kind: 'run_failed' },
  ])
})

test('a run past its time limit is told once, with its reason and what had not finished', async () => {
  const tasks = ['one', 'two', 'three'].map((id) => serializedTask(id))
  const last = serializedTask('last')
  const edges: [string, string][] = tasks.map(({ taskId }) => [taskId, 'last'])
  const slow = serializedDag('slow', [...tasks, last], edges, { runTimeoutMs: 1 })
  await register(plane.pool, slow)
  await triggerRun(plane.pool, { dagId: 'slow', triggeredBy: 'test' })
  const claimed = await claimAttempts(plane.pool, plane.worker, await startRuns(plane.pool, 'slow'))
  expect(claimed).toHaveLength(3)
  await until('the limit has passed', async () => (await timeOutRuns(plane.pool)).length === 1)
  await plane.finish(claimed, { outcome: 'cancelled', error: 'Told to stop.' })
  expect(await plane.alerts()).toMatchObject([
    {
      kind: 'run_failed',
      code: 'timeout',
      error: expect.stringMatching(
        /^The run passed its time limit of 0\.001 s\. Not finished by then: (one|two|three), .*, last\.$/,
      ),
    },
  ])
})

test('a lost worker is told once for each task it ran, and once when it ran none', async () => {
  const soon = { kind: 'worker', hostname: 'far', pid: 7, version: 'x', leaseSeconds: 1 } as const
  const dead = await registerProcess(plane.pool, soon)
  await registerProcess(plane.pool, { ...soon, hostname: 'idle' })
  await registerProcess(plane.pool, { ...soon, kind: 'web' })
  await triggerRun(plane.pool, { dagId: 'shop', triggeredBy: 'test', runId: 'r' })
  await claimAttempts(plane.pool, dead, await startRuns(plane.pool, 'shop'))
  await until('the leases have run out', async () => (await loseAttempts(plane.pool)).length > 0)
  await loseAttempts(plane.pool)
  const told = await plane.alerts()
  expect(told).toHaveLength(2)
  expect(told).toContainEqual(
    expect.objectContaining({
      kind: 'worker_lost',
      code: 'lost',
      taskId: 'load',
      tryNumber: 1,
      error: 'Worker far (pid 7) was lost: its lease ran out.',
    }),
  )
  expect(told).toContainEqual(
    expect.objectContaining({
      kind: 'worker_lost',
      dagId: null,
      error: expect.stringContaining('idle'),
    }),
  )
})

test('an import error is told when it is new and when it changes, not at each scan', async () => {
  const scan = (message: string | null, pendingFiles: string[] = []) =>
    registerDags(plane.pool, {
      dags: [],
      importErrors: message === null ? [] : [{ filePath: 'shop.ts', message, line: 3 }],
      pendingFiles,
    })
  await scan('no such module')
  await scan('no such module')
  // A start that has not got to the file yet.
  await scan(null, ['shop.ts'])
  await scan('no such module')
  await scan('a missing bracket')
  await scan(null)
  await scan('a missing bracket')
  expect(await plane.alerts()).toMatchObject([
    { kind: 'import_error', filePath: 'shop.ts', dagId: 'shop', error: 'no such module' },
    { error: 'a missing bracket' },
    { error: 'a missing bracket' },
  ])
})

test('an import error is no news from a scheduler whose checkout stands in another folder', async () => {
  const missing = (folder: string, name = 'orders.ts') =>
    registerDags(plane.pool, {
      dags: [],
      importErrors: [
        {
          filePath: 'shop.ts',
          message: `Cannot find module '${folder}/lib/${name}' imported from file://${folder}/dags/shop.ts`,
          line: 3,
        },
      ],
    })
  for (let scan = 0; scan < 3; scan += 1) {
    await missing('/srv/one')
    await missing('/opt/releases/two')
  }
  expect(await plane.alerts()).toHaveLength(1)
  await missing('/srv/one', 'users.ts')
  await missing('/opt/releases/two', 'users.ts')
  expect(await plane.alerts()).toHaveLength(2)
})

test('two import errors of one file are one, and no news at the next scan', async () => {
  const unknown = (dagId: string) => ({
    filePath: 'both.ts',
    codeHash: 'code',
    structureHash: dagId,
    serialized: serializedDag(dagId, [serializedTask('only', { pool: 'nowhere' })], []),
    source: null,
  })
  for (let scan = 0; scan < 3; scan += 1)
    await registerDags(plane.pool, { dags: [unknown('one'), unknown('two')], importErrors: [] })
  const [alert, ...more] = await plane.alerts()
  expect(more).toEqual([])
  expect(alert!.error).toMatch(/DAG "one".*\nDAG "two"/)
})
