// A delivery whose attempt cannot be claimed at once is not lost. No scheduler runs here: whatever a
// worker drops stays undone, and the test fails.

import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Pool } from '../../connections/postgres.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { DAGS_FOLDER, type WorkerUnderTest, workerUnderTest } from './worker-under-test.ts'

let under: WorkerUnderTest
let other: Client
beforeEach(async () => {
  under = await workerUnderTest()
  await under.register(DAGS_FOLDER, 'basics.ts')
  other = new Client({ connectionString: under.databaseUrl })
  await other.connect()
})
afterEach(async () => {
  await other.end()
  await under.close()
})

/** Counts the claims that were answered. */
function countingPool(): { pool: Pool; answered(): number } {
  let answered = 0
  const pool: Pool = Object.create(under.pool, {
    query: {
      value: async (statement: never, values: never) => {
        const result = await under.pool.query(statement, values)
        if ((statement as { name?: string }).name === 'claim_attempts') answered += 1
        return result
      },
    },
  })
  return { pool, answered: () => answered }
}

/** Starts a run of one task whose row another transaction holds, as an upstream's end would. */
async function startHeld(): Promise<string> {
  const { dagRunId } = await triggerRun(under.pool, { dagId: 'context', triggeredBy: 'test' })
  const queued = await startRuns(under.pool, 'context')
  await other.query('begin')
  await other.query('select from terrace.task_instance where dag_run_id = $1 for no key update', [
    dagRunId,
  ])
  await under.queue.publish(queued)
  return dagRunId
}

const sequences = async () =>
  (await under.pool.query('select queue_sequence from terrace.task_instance')).rows

describe('a delivery', { timeout: 60_000 }, () => {
  it('is claimed as soon as the row is free that was locked at first', async () => {
    const { pool, answered } = countingPool()
    await under.start({ pool })
    const run = await startHeld()
    await under.until('the claim has come back empty-handed', async () => answered() > 0)
    await other.query('commit')
    expect(await under.runEnd(run)).toBe('success')
    expect(await sequences()).toEqual([{ queue_sequence: 0 }])
  })

  it('goes to another worker when its own drains', async () => {
    const { pool, answered } = countingPool()
    const drains = await under.start({ pool })
    const run = await startHeld()
    await under.until('the claim has come back empty-handed', async () => answered() > 0)
    const drained = drains.drain()
    await other.query('commit')
    await drained
    await under.start()
    expect(await under.runEnd(run)).toBe('success')
    const { rows } = await under.pool.query(
      `select t.queue_sequence, a.process_id = $1 as by_drained
       from terrace.task_attempt a join terrace.task_instance t on t.id = a.task_instance_id`,
      [drains.processId],
    )
    expect(rows).toMatchObject([{ by_drained: false }])
    // The worker that drains may be handed it once more before it has stopped to take.
    expect(rows[0].queue_sequence).toBeGreaterThanOrEqual(1)
  })

  it('is claimed under a new lease when the old one has lapsed', async () => {
    const worker = await under.start({ limits: { renewEveryMs: 3_600_000 } })
    const lapsed = worker.processId
    await under.pool.query('update terrace.process set lease_until = clock_timestamp()')
    const run = await under.trigger('context')
    expect(await under.runEnd(run)).toBe('success')
    expect(worker.processId).not.toBe(lapsed)
    expect(await sequences()).toEqual([{ queue_sequence: 0 }])
  })

  it('that comes a second time while the first is being claimed changes nothing', async () => {
    const { pool, answered } = countingPool()
    await under.start({ pool })
    await under.start({ pool })
    const run = await startHeld()
    const { rows } = await under.pool.query(
      `select task_instance_id as "taskInstanceId", try_number as "tryNumber", 7 as "queueSequence",
         queue, priority_weight as "priorityWeight" from terrace.outbox`,
    )
    await under.queue.publish(rows)
    await under.until('both claims have come back empty-handed', async () => answered() > 3)
    await other.query('commit')
    expect(await under.runEnd(run)).toBe('success')
    const attempts = await under.pool.query('select outcome from terrace.task_attempt')
    expect(attempts.rows).toEqual([{ outcome: 'success' }])
  })
})
