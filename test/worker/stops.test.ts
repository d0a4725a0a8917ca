// A person stops, marks or clears what runs: the code hears of it on its worker, and what follows waits
// until it is gone. No scheduler runs here.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { markRun, markTasks, type TaskMark } from '../../orchestrator/store/marks.ts'
import { loseAttempts } from '../../orchestrator/store/reconcile.ts'
import { clearTaskInstances } from '../../orchestrator/store/runs.ts'
import { DAGS_FOLDER, type WorkerUnderTest, workerUnderTest } from './worker-under-test.ts'

let under: WorkerUnderTest
beforeEach(async () => {
  under = await workerUnderTest()
  await under.register(DAGS_FOLDER, 'stops.ts')
})
afterEach(() => under.close())

async function running(dagId: 'stops' | 'deaf', taskId: string): Promise<string> {
  const run = await under.trigger(dagId)
  await under.until('the code to run', async () => {
    const task = (await under.tasks(run))[taskId]!
    return (await under.log(task.id)).some(({ message }) => message === 'running')
  })
  return run
}

const runIdOf = async (run: string) =>
  (await under.pool.query('select run_id from terrace.dag_run where id = $1', [run])).rows[0].run_id

async function mark(run: string, dagId: string, taskId: string, state: TaskMark) {
  return markTasks(under.pool, {
    dagId,
    runId: await runIdOf(run),
    taskId,
    state,
    upstream: false,
    downstream: false,
    past: false,
    future: false,
    dryRun: false,
    actor: 'olga',
  })
}

async function clear(run: string, dagId: string, taskId: string) {
  return clearTaskInstances(under.pool, {
    dagId,
    runIds: [await runIdOf(run)],
    taskIds: [taskId],
    upstream: false,
    downstream: false,
    onlyFailed: false,
    onlyRunning: false,
    resetDagRuns: true,
    dryRun: false,
    actor: 'olga',
  })
}

async function attempts(run: string, taskId: string) {
  const { rows } = await under.pool.query<{
    outcome: string
    startedAt: Date
    endedAt: Date
    error: string | null
  }>(
    `select a.outcome, a.started_at as "startedAt", a.ended_at as "endedAt", a.error
     from terrace.task_attempt a join terrace.task_instance t on t.id = a.task_instance_id
     where t.dag_run_id = $1 and t.task_id = $2 order by a.fence`,
    [run, taskId],
  )
  return rows
}

const occupied = async () =>
  (await under.pool.query('select sum(occupied_slots)::int as n from terrace.pool')).rows[0].n

const alerts = async () =>
  (await under.pool.query('select kind, task_id from terrace.alert order by at')).rows

describe('a task that runs', { timeout: 60_000 }, () => {
  it.each<TaskMark>(['failed', 'success', 'skipped'])(
    'hears that it is stopped, and is %s without a retry',
    async (state) => {
      await under.start()
      const run = await running('stops', 'heeds')
      expect(await mark(run, 'stops', 'heeds', state)).toMatchObject([{ state: 'running' }])
      await under.runEnd(run)
      const { heeds, after } = await under.tasks(run)
      expect(heeds).toMatchObject({
        state,
        tryNumber: 1,
        error: state === 'success' ? null : `Marked as ${state} by olga.`,
      })
      expect(after!.state).toBe('success')
      expect((await under.log(heeds!.id)).map(({ message }) => message)).toContain('heard')
      expect(await attempts(run, 'heeds')).toMatchObject([
        {
          outcome: 'cancelled',
          error: `The attempt was cancelled: somebody marked the task as ${state}`,
        },
      ])
      expect(await occupied()).toBe(0)
      expect(await alerts()).toEqual([])
    },
  )

  it('and does not heed its signal is ended, and what follows starts when it is gone', async () => {
    await under.start()
    const run = await running('deaf', 'deaf')
    await mark(run, 'deaf', 'deaf', 'success')
    expect(await under.runEnd(run)).toBe('success')
    const [stopped] = await attempts(run, 'deaf')
    const [after] = await attempts(run, 'after')
    expect(after!.startedAt.getTime()).toBeGreaterThanOrEqual(stopped!.endedAt.getTime())
  })

  it('and is cleared runs again when its old attempt is gone', async () => {
    await under.start()
    const run = await running('deaf', 'deaf')
    await clear(run, 'deaf', 'deaf')
    expect((await under.tasks(run)).deaf!.state).toBe('restarting')
    expect(await occupied()).toBe(1)
    expect(await under.runEnd(run)).toBe('success')
    const [old, fresh] = await attempts(run, 'deaf')
    expect(old!.outcome).toBe('cancelled')
    expect(fresh!.outcome).toBe('success')
    expect(fresh!.startedAt.getTime()).toBeGreaterThanOrEqual(old!.endedAt.getTime())
    expect(await occupied()).toBe(0)
  })

  it('and is cleared runs again when its worker is dead', async () => {
    const dead = await under.start()
    const run = await running('deaf', 'deaf')
    await dead.kill()
    await clear(run, 'deaf', 'deaf')
    await under.pool.query(
      `update terrace.process set lease_until = clock_timestamp() where id = $1`,
      [dead.processId],
    )
    await under.start()
    for (const { queued } of await loseAttempts(under.pool)) await under.queue.publish(queued)
    expect(await under.runEnd(run)).toBe('success')
    expect((await attempts(run, 'deaf')).map(({ outcome }) => outcome)).toEqual(['lost', 'success'])
  })

  it('is stopped with its run, and what has not started is skipped', async () => {
    await under.start()
    const run = await running('deaf', 'deaf')
    const runId = await runIdOf(run)
    await markRun(under.pool, { dagId: 'deaf', runId, state: 'failed', actor: 'olga' })
    // While its code runs, the next run may not start.
    const { rows } = await under.pool.query('select state from terrace.dag_run')
    expect(rows).toEqual([{ state: 'running' }])
    expect(await under.runEnd(run)).toBe('failed')
    const { deaf, after } = await under.tasks(run)
    expect([deaf!.state, after!.state]).toEqual(['failed', 'skipped'])
    expect(await alerts()).toEqual([])
    const { rows: log } = await under.pool.query(
      `select actor, action, run_id from terrace.audit_log where action = 'run.mark'`,
    )
    expect(log).toEqual([{ actor: 'olga', action: 'run.mark', run_id: runId }])
  })
})
