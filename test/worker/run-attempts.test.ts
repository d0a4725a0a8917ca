import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lane } from '../support/lanes.ts'
import { DAGS_FOLDER, type WorkerUnderTest, workerUnderTest } from './worker-under-test.ts'

describe('a worker', () => {
  let under: WorkerUnderTest
  beforeAll(async () => {
    under = await workerUnderTest()
    await under.register(DAGS_FOLDER, 'basics.ts')
    await under.start({ env: { ...process.env, SHOP_API_KEY: 'sesame-42' } })
  })
  afterAll(() => under?.close())

  it('runs a chain, each task on the output of the one before', async () => {
    const run = await under.trigger('chain')
    expect(await under.runEnd(run)).toBe('success')
    expect(await under.output(run, 't39')).toBe(40)
  })

  it('runs a fan-out and its join', async () => {
    const run = await under.trigger('fan_out')
    expect(await under.runEnd(run)).toBe('success')
    expect(await under.output(run, 'm59')).toBe(69)
    expect(await under.output(run, 'last')).toBe('done')
  })

  it('tells a handler about its run, with the params below the conf', async () => {
    const run = await under.trigger('context', { size: 2 })
    expect(await under.runEnd(run)).toBe('success')
    expect(await under.output(run, 'tells')).toMatchObject({
      ids: ['context', 'tells', expect.stringMatching(/^manual__/)],
      conf: { size: 2, kept: true },
      tryNumber: 1,
      fence: 1,
    })
  })

  it('starts a task of the rule always with the run, before a gate above it has decided', async () => {
    const run = await under.trigger('early')
    expect(await under.runEnd(run)).toBe('success')
    const { slow, closed, always, waits } = await under.tasks(run)
    expect([slow, closed, always, waits].map((task) => task?.state)).toEqual([
      'success',
      'success',
      'success',
      'skipped',
    ])
  })

  it('skips everything below a gate that returned false, whatever the trigger rule', async () => {
    const run = await under.trigger('gate')
    await under.runEnd(run)
    const tasks = await under.tasks(run)
    expect(Object.fromEntries(Object.values(tasks).map((t) => [t.taskId, t.state]))).toEqual({
      closed: 'success',
      below: 'skipped',
      far_below: 'skipped',
      open: 'success',
      after_open: 'success',
    })
  })

  it('ends each attempt as its handler did', async () => {
    const run = await under.trigger('ends')
    const wanted = {
      skips: ['skipped', /nothing to do/],
      fails_for_good: ['failed', /never again/],
      fails: ['failed', /^broken\ufffdbolt$/],
      retries: ['up_for_retry', /once more/],
      retries_later: ['up_for_retry', /2h/],
      times_out: ['failed', /longer than its limit of 50 ms/],
      hangs: ['failed', /longer than its limit of 50 ms/],
      exits: ['failed', /ended its runner thread with exit code 7/],
      is_not_json: ['failed', /output\.rows\[1\]/],
      is_huge: ['failed', /2000002 bytes/],
      throws_later: ['failed', /no code of the task caught[\s\S]*from a timer/],
      eats_memory: ['failed', /ran out of memory: its runner thread may use 64 MB/],
      updates: ['success', null],
    } as const
    await under.until('all ends', async () =>
      Object.values(await under.tasks(run)).every(
        (t) => !['queued', 'running', 'scheduled', 'none'].includes(t.state),
      ),
    )
    const tasks = await under.tasks(run)
    for (const [taskId, [state, error]] of Object.entries(wanted)) {
      expect([taskId, tasks[taskId]?.state]).toEqual([taskId, state])
      if (error) expect(tasks[taskId]?.error).toMatch(error)
    }
    const due = await under.pool.query(
      `select task_id, round(extract(epoch from run_after - ended_at))::int as seconds
       from terrace.task_instance where dag_run_id = $1 and state = 'up_for_retry' order by task_id`,
      [run],
    )
    expect(due.rows).toEqual([
      { task_id: 'retries', seconds: 3600 },
      { task_id: 'retries_later', seconds: 7200 },
    ])
    const events = await under.pool.query(
      'select asset_name from terrace.asset_event order by asset_name',
    )
    expect(events.rows.map((row) => row.asset_name)).toEqual(['a', 'b'])
  })

  it('keeps what a task writes, in order, with the secrets masked', async () => {
    const run = await under.trigger('talks')
    await under.runEnd(run)
    const tasks = await under.tasks(run)
    expect(await under.log(tasks.talks!.id)).toEqual([
      { stream: 'log', level: 'info', message: 'one' },
      { stream: 'stdout', level: 'info', message: 'two' },
      { stream: 'stderr', level: 'error', message: 'three' },
      { stream: 'log', level: 'warning', message: 'four ***' },
      { stream: 'stdout', level: 'info', message: 'postgres://me:***@host/db' },
      { stream: 'stdout', level: 'info', message: 'unfinished' },
    ])
    const flood = await under.log(tasks.floods!.id)
    expect(flood[0]?.message).toMatch(/^x{16384}… \[cut: 3616 more characters\]$/)
    expect(flood.length).toBeLessThan(300)
    expect(flood.at(-1)?.message).toMatch(/^\[cut: the log of this attempt/)
  })

  it('runs a task in a process of its own when it is asked to', async () => {
    const run = await under.trigger('talks')
    await under.runEnd(run)
    const tasks = await under.tasks(run)
    expect(await under.output(run, 'in_process')).toEqual({ isProcess: true })
    expect(await under.log(tasks.in_process!.id)).toEqual([
      { stream: 'log', level: 'info', message: 'from a process' },
    ])
  })

  it('tells an attempt through its signal that it was cancelled', async () => {
    const run = await under.trigger('waits')
    await under.until('the task to wait', async () => {
      const { waits } = await under.tasks(run)
      return (await under.log(waits!.id)).length > 0
    })
    await under.pool.query(
      `update terrace.task_instance set cancel_requested = true where dag_run_id = $1`,
      [run],
    )
    expect(await under.runEnd(run)).toBe('failed')
    const { waits } = await under.tasks(run)
    expect(waits?.error).toMatch(/cancelled/)
  })

  it('leaves nothing in the outbox or the queue', async () => {
    await under.until('an empty outbox', async () => {
      const { rows } = await under.pool.query('select count(*)::int as n from terrace.outbox')
      return rows[0].n === 0
    })
    expect(await under.queue.depth('default')).toBe(0)
  })
})

const redis = lane('redis')

describe.skipIf(redis.missing)('a worker whose queue is on Redis', () => {
  let server: Awaited<ReturnType<typeof redis.start>>
  let under: WorkerUnderTest
  beforeAll(async () => {
    server = await redis.start()
    under = await workerUnderTest({ redisUrl: server.address })
    await under.register(DAGS_FOLDER, 'basics.ts')
    await under.start({ limits: { maxContinued: 2 } })
  })
  afterAll(async () => {
    await under?.close()
    await server?.stop()
  })

  it('runs a chain, part of it through the queue', async () => {
    const run = await under.trigger('chain')
    expect(await under.runEnd(run)).toBe('success')
    expect(await under.output(run, 't39')).toBe(40)
  })

  it('runs a fan-out and its join', async () => {
    const run = await under.trigger('fan_out')
    expect(await under.runEnd(run)).toBe('success')
    expect(await under.output(run, 'last')).toBe('done')
  })
})
