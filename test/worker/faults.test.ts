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

  it('stores a late error once, without secrets and without NUL', async () => {
    await under.start({ env: { ...process.env, SHOP_PASSWORD: 'hunter2-secret' } })
    const run = await under.trigger('late')
    expect(await under.runEnd(run)).toBe('failed')
    expect(await outcomes(run)).toEqual(['failed', 'failed', 'failed', 'failed'])
    const tasks = await under.tasks(run)
    expect(tasks.nul?.error).toMatch(/late\ufffdbolt/)
    expect(tasks.leaks?.error).toMatch(/no entry with \*\*\*/)
    expect(tasks.nothing?.error).toMatch(/no code of the task caught.*null$/)
    expect(tasks.shapeless?.error).toMatch(/n: 7/)
    const { rows } = await under.pool.query('select message from terrace.task_log')
    expect(JSON.stringify([tasks, rows, under.said])).not.toMatch(/hunter2/)
    expect(JSON.stringify(rows)).toMatch(/no entry with \*\*\*/)
  })

  it('fails an attempt that it can never begin, after some that it gave back', async () => {
    await under.start({
      pool: poolWith((name) => {
        if (name === 'dag_version_graph') throw refusal()
      }),
    })
    const run = await under.trigger('context')
    expect(await under.runEnd(run)).toBe('failed')
    expect(await outcomes(run)).toEqual([...Array(5).fill('released'), 'failed'])
    expect((await under.tasks(run)).tells?.error).toMatch(/given the task back 5 times: no such/)
  })

  it('fails an attempt whose end is never stored, after some that it gave back', async () => {
    await refuseAttempts(
      `new.outcome <> 'released' and coalesce(new.error, '') not like '%given the task back%'`,
    )
    await under.start()
    const run = await under.trigger('context')
    expect(await under.runEnd(run)).toBe('failed')
    expect(await outcomes(run)).toEqual([...Array(5).fill('released'), 'failed'])
  })

  it('stores that an end was refused, and the ends beside it', async () => {
    await refuseAttempts(
      `(select task_id in ('m7', 'm9') from terrace.task_instance where id = new.task_instance_id)
       and new.error is distinct from 'The end of the attempt could not be stored; the log of the worker says why'
       and (new.error is null
         or (select task_id = 'm9' from terrace.task_instance where id = new.task_instance_id))`,
    )
    await under.start()
    const run = await under.trigger('fan_out')
    expect(await under.runEnd(run)).toBe('failed')
    const { m7, m9, last: _, ...others } = await under.tasks(run)
    expect(m7).toMatchObject({ state: 'failed', error: expect.stringMatching(/stored: not this/) })
    expect(m9).toMatchObject({ state: 'failed', error: expect.stringMatching(/log of the worker/) })
    expect(Object.values(others).map(({ state }) => state)).toEqual(Array(59).fill('success'))
    expect(under.said.filter((line) => /was refused: not this/.test(line)).length).toBe(3)
  })

  it('does not say of an end that was stored that it was refused', async () => {
    await under.start({
      pool: poolWith(
        () => {},
        (name) => {
          if (name === 'finish_success' && isFirst()) throw new Error('Connection terminated')
        },
      ),
    })
    let asked = 0
    function isFirst() {
      asked += 1
      return asked === 1
    }
    const run = await under.trigger('context')
    expect(await under.runEnd(run)).toBe('success')
    await under.until('the second answer', async () =>
      under.said.some((line) => /changed nothing: it was stored by an earlier/.test(line)),
    )
  })
})

/** The database refuses attempts' histories, and with them their ends. */
async function refuseAttempts(when: string): Promise<void> {
  await under.pool.query(
    `create function refuse() returns trigger language plpgsql as $$
     begin if ${when} then raise exception 'not this'; end if; return new; end $$;
     create trigger refuse before insert on terrace.task_attempt for each row
     execute function refuse()`,
  )
}
