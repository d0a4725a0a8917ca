import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimAttempts, finishAttempts } from '../../orchestrator/store/attempts.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  registerWorker,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'
import { finished } from './random-driver.ts'

let plane: ControlPlane
beforeAll(async () => {
  plane = await freshControlPlane()
})
afterAll(() => plane.close())

test('the end of a released attempt changes nothing beside the end of the one that took its place', async () => {
  const { pool } = plane
  const tasks = [serializedTask('gate'), serializedTask('below')]
  await register(pool, serializedDag('shop', tasks, [['gate', 'below']]))
  const worker = await registerWorker(pool)
  await triggerRun(pool, { dagId: 'shop', runId: 'r', triggeredBy: 'test' })
  const [old] = await claimAttempts(pool, worker, await startRuns(pool, 'shop'))
  const { queued } = await finishAttempts(pool, worker, [finished(old!, 'released')])
  const [fresh] = await claimAttempts(pool, worker, queued)
  expect(fresh!.fence).toBeGreaterThan(old!.fence)

  const { refused } = await finishAttempts(pool, worker, [
    { ...finished(old!, 'success'), skipTaskIds: ['below'], continueHere: true },
    finished(fresh!, 'failed'),
  ])

  expect(refused).toEqual([old!.taskInstanceId])
  const { rows: states } = await pool.query(
    'select task_id, state from terrace.task_instance order by task_id',
  )
  expect(states).toEqual([
    { task_id: 'below', state: 'upstream_failed' },
    { task_id: 'gate', state: 'failed' },
  ])
  const { rows: alerts } = await pool.query(
    'select kind, error from terrace.alert order by kind desc',
  )
  expect(alerts).toEqual([
    { kind: 'task_failed', error: 'made to fail' },
    { kind: 'run_failed', error: 'Failed: gate.' },
  ])
})
