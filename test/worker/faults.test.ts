// What goes wrong around an attempt, and not in its handler: it has an end all the same.

import type { Pool, QueryConfig } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimAttempts } from '../../orchestrator/store/attempts.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { DAGS_FOLDER, type WorkerUnderTest, workerUnderTest } from './worker-under-test.ts'

let under: WorkerUnderTest
beforeEach(async () => {
  under = await workerUnderTest()
  await under.register(DAGS_FOLDER, 'basics.ts')
})
afterEach(() => under?.close())

/** Does something before a named statement is sent and after; when the first throws, it is not sent. */
function poolWith(
  before: (name: string, nth: number) => unknown,
  after: (name: string) => unknown = () => {},
): Pool {
  const sent = new Map<string, number>()
  return Object.create(under.pool, {
    query: {
      async value(statement: string | QueryConfig, values?: unknown[]) {
        if (typeof statement === 'string') return under.pool.query(statement, values)
        const name = statement.name ?? ''
        const nth = (sent.get(name) ?? 0) + 1
        sent.set(name, nth)
        await before(name, nth)
        const result = await under.pool.query(statement)
        await after(name)
        return result
      },
    },
  })
}

async function outcomes(run: string): Promise<string[]> {
  const { rows } = await under.pool.query<{ outcome: string }>(
    `select a.outcome from terrace.task_attempt a
     join terrace.task_instance t on t.id = a.task_instance_id
     where t.dag_run_id = $1 order by a.fence`,
    [run],
  )
  return rows.map((row) => row.outcome)
}

const refusal = () => Object.assign(new Error('no such relation'), { code: '42P01' })

describe('a worker to which something happens', { timeout: 60_000 }, () => {
  for (const statement of ['code_hashes', 'dag_version_graph']) {
    it(`runs an attempt in spite of a connection that breaks at ${statement}`, async () => {
      await under.start({
        pool: poolWith((name, nth) => {
          if (name === statement && nth === 1) throw new Error('Connection terminated unexpectedly')
        }),
      })
      const run = await under.trigger('context')
      expect(await under.runEnd(run)).toBe('success')
      expect(await outcomes(run)).toEqual(['success'])
    })

    it(`gives an attempt back when ${statement} is refused`, async () => {
      await under.start({
        pool: poolWith((name, nth) => {
          if (name === statement && nth === 1) throw refusal()
        }),
      })
      const run = await under.trigger('context')
      expect(await under.runEnd(run)).toBe('success')
      expect(await outcomes(run)).toEqual(['released', 'success'])
    })
  }

  it('finds an attempt that it does not know of also when nothing seemed to go wrong', async () => {
    const worker = await under.start({ limits: { watchEveryMs: 20 } })
    const { dagRunId } = await triggerRun(under.pool, { dagId: 'context', triggeredBy: 'test' })
    const queued = await startRuns(under.pool, 'context')
    expect(await claimAttempts(under.pool, worker.processId, queued)).toHaveLength(1)
    expect(await under.runEnd(dagRunId)).toBe('success')
    expect(await outcomes(dagRunId)).toEqual(['released', 'success'])
  })

  it('gives back what it claimed while its drain gave back what ran', async () => {
    let claimed = () => {}
    let answer = () => {}
    const isClaimed = new Promise<void>((resolve) => {
      claimed = resolve
    })
    const isAnswered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const pool = poolWith(
      () => {},
      (name) => {
        if (name !== 'claim_attempts') return
        claimed()
        return isAnswered
      },
    )
    const worker = await under.start({ pool, limits: { drainMs: 0, watchEveryMs: 60_000 } })
    const run = await under.trigger('waits')
    await isClaimed
    const drained = worker.drain()
    // Timers fire in their order: after this one the drain has given back all that it knew of.
    await new Promise((resolve) => setTimeout(resolve, 100))
    answer()
    await drained
    expect(await outcomes(run)).toEqual(['released'])
  })
})
