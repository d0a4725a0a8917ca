// Leases, drains, deaths and changed code. Time does not pass here: a lease lapses because the test
// says so in the database.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pool, QueryConfig } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { markPublished } from '../../orchestrator/store/attempts.ts'
import {
  longUnclaimed,
  loseAttempts,
  requeueAttempts,
  scheduleDue,
  unpublished,
} from '../../orchestrator/store/reconcile.ts'
import { DAGS_FOLDER, type WorkerUnderTest, workerUnderTest } from './worker-under-test.ts'

const SDK = new URL('../../orchestrator/sdk/index.ts', import.meta.url).href

let under: WorkerUnderTest
const children: ChildProcess[] = []
beforeEach(async () => {
  under = await workerUnderTest()
  await under.register(DAGS_FOLDER, 'basics.ts')
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }
  await under?.close()
})

/** What a scheduler repairs, once. */
async function repair(): Promise<void> {
  for (const result of await loseAttempts(under.pool)) await under.queue.publish(result.queued)
  await under.queue.publish(await scheduleDue(under.pool))
  // Deliveries that a dead worker had in hand and had not claimed.
  const unclaimed = await longUnclaimed(under.pool, { graceMs: 1_000 })
  await requeueAttempts(under.pool, await under.queue.notWaiting(unclaimed))
  const forgotten = await unpublished(under.pool, { minAgeMs: 0 })
  await under.queue.publish(forgotten)
  await markPublished(under.pool, forgotten)
}

function dagsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-dags-'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return folder
}

async function lapseLeases(): Promise<void> {
  await under.pool.query(
    `update terrace.process set lease_until = clock_timestamp() where kind = 'worker'`,
  )
}

async function startChild(env: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const child = fork(
    new URL('./worker-process.ts', import.meta.url).pathname,
    [under.databaseUrl, DAGS_FOLDER],
    {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  )
  children.push(child)
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const ready = await Promise.race([
    once(child, 'message').then(() => true),
    once(child, 'exit').then(() => false),
  ])
  if (!ready) throw new Error(`The worker's process ended early: ${said}`)
  return child
}

async function waiting(run: string): Promise<void> {
  await under.until('the task to wait', async () => {
    const { waits } = await under.tasks(run)
    return (await under.log(waits!.id)).some(({ message }) => message === 'waiting')
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

async function repairUntilDone(run: string, lastTaskId: string): Promise<void> {
  await under.until('the repaired run to end', async () => {
    await repair()
    return (await under.tasks(run))[lastTaskId]?.state === 'success'
  })
  expect(await under.runEnd(run)).toBe('success')
}

async function tasksWithoutOneSuccess(run: string): Promise<unknown[]> {
  const { rows } = await under.pool.query(
    `select t.task_id from terrace.task_instance t
     left join terrace.task_attempt a on a.task_instance_id = t.id and a.outcome = 'success'
     where t.dag_run_id = $1 group by t.id having count(a.*) <> 1`,
    [run],
  )
  return rows
}

/** Runs every claim and finish, and then says of some that the connection broke. */
function lyingPool(lies: (name: string, nth: number) => boolean): Pool {
  let nth = 0
  const query = async (statement: QueryConfig) => {
    const result = await under.pool.query(statement)
    if (!/^(claim|finish)_attempts$/.test(statement.name ?? '')) return result
    nth += 1
    if (lies(statement.name!, nth)) throw new Error('Connection terminated unexpectedly')
    return result
  }
  return Object.create(under.pool, {
    query: {
      value: (statement: string | QueryConfig, values?: unknown[]) =>
        typeof statement === 'string' ? under.pool.query(statement, values) : query(statement),
    },
  })
}

describe('the life of a worker', { timeout: 60_000 }, () => {
  it('drains: gives back what does not end within the limit, and ends its row', async () => {
    const worker = await under.start({ limits: { drainMs: 50 } })
    const run = await under.trigger('waits')
    await waiting(run)
    await worker.drain()
    expect(await outcomes(run)).toEqual(['released'])
    const { rows } = await under.pool.query('select state from terrace.process')
    expect(rows).toEqual([{ state: 'stopped' }])
  })

  it('drains at once when nothing runs, and takes nothing after', async () => {
    const worker = await under.start()
    await worker.drain()
    const run = await under.trigger('context')
    expect(await under.queue.depth('default')).toBe(1)
    await under.start()
    expect(await under.runEnd(run)).toBe('success')
  })

  it('aborts what it runs when its lease has lapsed, and registers anew', async () => {
    const worker = await under.start({ limits: { renewEveryMs: 50 } })
    const first = worker.processId
    const run = await under.trigger('waits')
    await waiting(run)
    await lapseLeases()
    await under.until('a new registration', async () => worker.processId !== first)
    await repair()
    await under.until('a second attempt', async () => {
      const { waits } = await under.tasks(run)
      return waits?.state === 'running' && waits.fence === 2
    })
    expect(await outcomes(run)).toEqual(['lost'])
    expect(under.said.join('\n')).toMatch(/lease of worker .* lapsed/)
  })

  it('gives back what the database claimed for it without its knowing', async () => {
    await under.start({ pool: lyingPool((name, nth) => name === 'claim_attempts' && nth === 1) })
    const run = await under.trigger('context')
    expect(await under.runEnd(run)).toBe('success')
    expect(await outcomes(run)).toEqual(['released', 'success'])
  })

  it('loses and doubles nothing when statements succeed and report that they failed', async () => {
    await under.start({ pool: lyingPool((_, nth) => nth % 5 === 0) })
    const run = await under.trigger('fan_out')
    await repairUntilDone(run, 'last')
    expect(await tasksWithoutOneSuccess(run)).toEqual([])
  })

  it('runs changed code in fresh threads', async () => {
    const folder = dagsFolder()
    const write = (value: number) =>
      writeFileSync(
        join(folder, 'edited.ts'),
        `import { defineDag } from ${JSON.stringify(SDK)}
         export default defineDag({ id: 'edited', schedule: null }, (dag) => {
           dag.task('value', () => ${value})
         })`,
      )
    write(1)
    await under.register(folder, 'edited.ts', 'one')
    await under.start({ dagsFolder: folder })
    const before = await under.trigger('edited')
    await under.runEnd(before)
    write(2)
    await under.pool.query(`update terrace.dag set code_hash = 'two' where dag_id = 'edited'`)
    const after = await under.trigger('edited')
    await under.runEnd(after)
    expect([await under.output(before, 'value'), await under.output(after, 'value')]).toEqual([
      1, 2,
    ])
    rmSync(folder, { recursive: true })
  })

  it('fails a task without retry when the code no longer has its handler', async () => {
    const folder = dagsFolder()
    const write = (taskId: string) =>
      writeFileSync(
        join(folder, 'shrunk.ts'),
        `import { defineDag } from ${JSON.stringify(SDK)}
         export default defineDag({ id: 'shrunk', schedule: null }, (dag) => {
           dag.task('${taskId}', () => 1, {}, { retries: 5 })
         })`,
      )
    write('gone')
    await under.register(folder, 'shrunk.ts')
    write('other')
    await under.start({ dagsFolder: folder })
    const run = await under.trigger('shrunk')
    expect(await under.runEnd(run)).toBe('failed')
    expect((await under.tasks(run)).gone?.error).toMatch(/"gone" is no longer in the code/)
    rmSync(folder, { recursive: true })
  })

  it('leaves no process behind on SIGTERM, and no claim', async () => {
    const child = await startChild()
    const run = await under.trigger('waits')
    await waiting(run)
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    expect(await outcomes(run)).toEqual(['released'])
  })

  for (const point of [
    'worker.after_claim=kill:2',
    'worker.before_finish=kill:3',
    'worker.after_finish_before_publish=kill:1',
    'worker.after_publish_before_mark=kill:1',
  ]) {
    it(`loses and doubles nothing when it is killed at ${point}`, async () => {
      const child = await startChild({ TERRACE_FAILPOINTS: point })
      const killed = once(child, 'exit')
      const run = await under.trigger('fan_out')
      expect(await killed).toEqual([null, 'SIGKILL'])
      await under.start()
      await under.pool.query(
        `update terrace.process set lease_until = clock_timestamp() where hostname = 'child'`,
      )
      await repairUntilDone(run, 'last')
      expect(await tasksWithoutOneSuccess(run)).toEqual([])
    })
  }
})
