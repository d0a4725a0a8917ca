// The way of a line from a handler to the log: whatever is printed, however much.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Pool, QueryConfig } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { LogWriter } from '../../orchestrator/worker/log-writer.ts'
import { RunnerPool } from '../../orchestrator/worker/runner-pool.ts'
import { RUNNER_SETTINGS } from '../../orchestrator/worker/runner-protocol.ts'
import { DAGS_FOLDER, type WorkerUnderTest, workerUnderTest } from './worker-under-test.ts'

async function messages(under: WorkerUnderTest, run: string, taskId: string): Promise<string[]> {
  const { [taskId]: task } = await under.tasks(run)
  return (await under.log(task!.id)).map(({ message }) => message)
}

describe('odd text that a task prints', () => {
  let under: WorkerUnderTest
  beforeAll(async () => {
    under = await workerUnderTest()
    await under.register(DAGS_FOLDER, 'logs.ts')
    await under.start()
  })
  afterAll(() => under?.close())

  it('is stored as far as Postgres can hold it, and no line is lost', async () => {
    const run = await under.trigger('odd_text')
    expect(await under.runEnd(run)).toBe('success')
    const printed = (taskId: string) => messages(under, run, taskId)
    expect(await printed('half')).toEqual(['half: \ufffd'])
    expect(await printed('nul')).toEqual(['nul: \ufffd'])
    expect(await printed('escapes')).toEqual(['text: \\u0000 \\ud83d'])
    expect(await printed('bytes')).toEqual(['é€😀', 'a\ufffdb', 'é\ufffd'])
    expect(await printed('pair')).toEqual(['😀'])
    expect(await printed('object')).toEqual(['{ n: 1 }', '[Object: null prototype] {}'])
    const { rows } = await under.pool.query(
      `select fields from terrace.task_log where fields is not null`,
    )
    expect(rows).toEqual([{ fields: { '\ufffdkey': '\ufffd\ufffd', '\ufffd': 1 } }])
    expect(under.said.filter((line) => /lost|replaced/.test(line))).toEqual([])
  })

  it('is why an attempt failed, whatever was thrown', async () => {
    const run = await under.trigger('odd_errors')
    expect(await under.runEnd(run)).toBe('failed')
    const tasks = await under.tasks(run)
    const errors = Object.fromEntries(Object.values(tasks).map((t) => [t.taskId, t.error]))
    expect(errors).toMatchObject({
      object_as_message: '{ n: 7 }',
      aggregate: 'refused by ::1; and by 127',
      causes: 'outer',
      only_a_cause: 'the reason',
      half: 'half \ufffd\ufffd',
      hostile: expect.any(String),
      getter: expect.any(String),
      late_object: expect.stringMatching(/no code of the task caught/),
    })
    expect((await messages(under, run, 'causes')).join('\n')).toMatch(/middle[\s\S]*innermost/)
  })
})

describe('a line that Postgres refuses', () => {
  let under: WorkerUnderTest
  beforeEach(async () => {
    under = await workerUnderTest()
    await under.register(DAGS_FOLDER, 'logs.ts')
  })
  afterEach(() => under?.close())

  it('is replaced by one that says so, and takes no other line with it', async () => {
    await under.pool.query(
      `create function refuse() returns trigger language plpgsql as $$
       begin if new.message like 'bad%' then raise exception 'not this'; end if; return new; end $$;
       create trigger refuse before insert on terrace.task_log for each row
       execute function refuse()`,
    )
    const { dagRunId } = await triggerRun(under.pool, { dagId: 'odd_text', triggeredBy: 'test' })
    await startRuns(under.pool, 'odd_text')
    const { half, nul } = await under.tasks(dagRunId)
    const lines = (id: string, text: string, bad: number[]) =>
      Array.from({ length: 100 }, (_, n) => ({
        taskInstanceId: id,
        tryNumber: 1,
        lineNumber: n + 1,
        loggedAt: '2026-03-01T00:00:00Z',
        level: 'info' as const,
        stream: 'stdout' as const,
        message: bad.includes(n) ? `bad ${n}` : `${text} ${n}`,
        fields: null,
      }))
    const said: string[] = []
    const writer = new LogWriter(under.pool, (_level, message) => said.push(message))
    await Promise.all([
      writer.write(lines(half!.id, 'one', [7, 8, 99])),
      writer.write(lines(nul!.id, 'other', [])),
    ])
    const one = await messages(under, dagRunId, 'half')
    expect(one).toHaveLength(100)
    expect(one.filter((message) => /^\[This line .*: not this\]$/.test(message))).toHaveLength(3)
    expect(await messages(under, dagRunId, 'nul')).toEqual(
      Array.from({ length: 100 }, (_, n) => `other ${n}`),
    )
    expect(said).toHaveLength(3)
    expect(said[0]).toMatch(/refused and replaced: not this/)
  })
})

describe('a task that prints without an end', () => {
  let under: WorkerUnderTest
  beforeEach(async () => {
    under = await workerUnderTest()
    await under.register(DAGS_FOLDER, 'logs.ts')
  })
  afterEach(() => under?.close())

  it('has a log of bounded size, whatever its lines are', async () => {
    const settings = { ...RUNNER_SETTINGS, maxLogBytes: 256 * 1024 }
    const runners = new RunnerPool({
      size: 8,
      memoryLimitMb: 64,
      idleMs: 10_000,
      env: process.env,
      settings,
    })
    await under.start({ runners })
    const run = await under.trigger('floods')
    await under.runEnd(run)
    expect(Object.values(await under.tasks(run)).filter(({ error }) => error)).toEqual([])
    for (const taskId of ['empty_lines', 'log_lines', 'line_of_a_process']) {
      const lines = await messages(under, run, taskId)
      expect(lines.length).toBeLessThan(2_700)
      expect(lines.at(-1)).toMatch(/^\[cut: the log of this attempt is longer than/)
    }
    const [before, long, after] = await messages(under, run, 'long_line')
    expect([before, after]).toEqual(['before', 'after'])
    expect(long).toMatch(/^x{16384}… \[cut: 19983616 more characters\]$/)
  })

  it('stands still while its log is not written, and then others take their turn', async () => {
    const progress = join(await mkdtemp(join(tmpdir(), 'chatty-')), 'progress')
    const { dagRunId } = await triggerRun(under.pool, {
      dagId: 'chatty',
      conf: { progress },
      triggeredBy: 'test',
    })
    const queued = await startRuns(under.pool, 'chatty')
    const chattyId = (await under.tasks(dagRunId)).prints!.id
    let letWrite = () => {}
    const mayWrite = new Promise<void>((resolve) => {
      letWrite = resolve
    })
    const statements: { chatty: number; others: number }[] = []
    const pool: Pool = Object.create(under.pool, {
      query: {
        async value(statement: string | QueryConfig, values?: unknown[]) {
          if (typeof statement === 'string') return under.pool.query(statement, values)
          if (statement.name === 'append_logs') {
            const lines: { taskInstanceId: string }[] = JSON.parse(String(statement.values?.[0]))
            const chatty = lines.filter((line) => line.taskInstanceId === chattyId).length
            statements.push({ chatty, others: lines.length - chatty })
            await mayWrite
          }
          return under.pool.query(statement)
        },
      },
    })
    const worker = await under.start({ pool })
    await under.queue.publish(queued)
    await under.until('lines of the chatty task', async () => statements.length > 0)
    const quiet = await under.trigger('quiet')
    await under.until('a task beside it', async () => {
      return (await under.tasks(quiet)).quick?.state === 'running'
    })
    // 256 KiB at 100 bytes a line and more, and the piece that is sent in one message.
    expect(Number(await readFile(progress, 'utf8'))).toBeLessThan(3_000)
    letWrite()
    expect(await under.runEnd(quiet)).toBe('success')
    expect((await under.tasks(dagRunId)).prints?.state).toBe('running')
    expect(statements.find(({ others }) => others > 0)?.chatty).toBeLessThan(200)
    await worker.kill()
    await rm(dirname(progress), { recursive: true })
  })
})
