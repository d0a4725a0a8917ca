// The stream of changes over real databases, one of which is taken down and started again.

import { chmodSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../connections/engines/embedded-postgres.ts'
import { freePort } from '../../connections/engines/ports.ts'
import type { Pool } from '../../connections/postgres.ts'
import { deleteUser } from '../../orchestrator/accounts/users.ts'
import type { QueueEntry } from '../../orchestrator/queue/types.ts'
import {
  appendLogs,
  type ClaimedAttempt,
  claimAttempts,
  finishAttempts,
} from '../../orchestrator/store/attempts.ts'
import { setPaused } from '../../orchestrator/store/dags.ts'
import { registerProcess } from '../../orchestrator/store/processes.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import type { FreshDatabase } from '../support/database.ts'
import { authorization } from '../support/login.ts'
import { temporaryFolder } from '../support/servers.ts'
import { openUiApi, type UiApi } from '../support/ui-api.ts'
import { until } from '../support/until.ts'
import { FAILED_RUN, seededDatabase, seedMetadata } from './seeded-metadata.ts'

const BUILD_LOG = '/ui/dags/mart_build/runs/live/tasks/build/log/1/events'
const FIRST = { event: 'change', data: { what: [], dag_ids: [] }, id: undefined }

describe('the stream of changes', () => {
  let database: FreshDatabase
  let api: UiApi

  beforeAll(async () => {
    database = await seededDatabase()
    api = await openUiApi(database.url)
  })
  afterAll(async () => {
    await api.close()
    await database.drop()
    expect(api.errors).toEqual([])
  })

  test('opens with an event that names nothing, unbuffered, and needs a login', async () => {
    const stream = await api.follow('/ui/events')
    expect(stream.status).toBe(200)
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    expect(stream.headers.get('cache-control')).toBe('no-store')
    expect(stream.headers.get('x-accel-buffering')).toBe('no')
    expect(stream.headers.get('content-encoding')).toBeNull()
    expect(await stream.next()).toEqual(FIRST)
    const stranger = await api.follow('/ui/events', { authorization: 'Bearer nobody' })
    expect(stranger.status).toBe(401)
  })

  test('tells every reader of a run that starts, goes on and ends', async () => {
    const streams = [await api.follow('/ui/events'), await api.follow('/ui/events')]
    for (const stream of streams) expect(await stream.next()).toEqual(FIRST)
    const told = async () => {
      for (const stream of streams) {
        const { data } = await stream.until(({ data: { what } }) => what.includes('runs'))
        expect(data.dag_ids).toEqual(['mart_build'])
      }
    }
    const queued = await queueBuild(api.pool, 'live')
    await told()
    const attempt = await claim(api.pool, queued)
    await told()
    await succeed(api.pool, attempt)
    await told()
  })

  test('tells of DAGs, import errors, processes and alerts', async () => {
    const stream = await api.follow('/ui/events')
    expect(await stream.next()).toEqual(FIRST)
    const told = (topic: string) => stream.until(({ data }) => data.what.includes(topic))
    await setPaused(api.pool, 'shop_load', true, 'ada')
    expect((await told('dags')).data.dag_ids).toEqual(['shop_load'])
    await api.pool.query(
      `insert into terrace.import_error (file_path, message, line)
       values ('shop_load.ts', 'Unexpected token', 4)`,
    )
    expect((await told('import_errors')).data).toEqual({
      what: ['import_errors'],
      dag_ids: ['shop_load'],
    })
    await registerProcess(api.pool, { kind: 'web', hostname: 'h', pid: 1, version: '0' })
    expect((await told('processes')).data.what).toEqual(['processes'])
    await api.pool.query(
      `insert into terrace.alert (id, kind, file_path, error)
       values (terrace.uuid_v7(), 'import_error', 'broken.ts', 'Unexpected token')`,
    )
    expect((await told('alerts')).data).toEqual({ what: ['alerts'], dag_ids: [] })
  })

  test('tells of a run that began and ended between two looks', async () => {
    const stream = await api.follow('/ui/events')
    expect(await stream.next()).toEqual(FIRST)
    // One transaction: a look sees all of it or nothing.
    await api.pool.query(
      `begin;
       select terrace.create_run('mart_build', 'short', 'manual', 'cli', null, null, null, null,
         now(), '{}', null, null, false);
       update terrace.dag_run set state = 'success', started_at = now(), ended_at = now()
       where run_id = 'short';
       commit`,
    )
    const { data } = await stream.until(({ data: { what } }) => what.includes('runs'))
    expect(data.dag_ids).toEqual(['mart_build'])
  })

  test('ends when the server closes, which does not wait for its readers', async () => {
    const closing = await openUiApi(database.url)
    const stream = await closing.follow('/ui/events')
    expect(await stream.next()).toEqual(FIRST)
    await closing.app.close()
    expect(await stream.next()).toBeUndefined()
    await closing.close()
  })
})

describe('a stream', () => {
  let database: FreshDatabase
  let api: UiApi

  beforeAll(async () => {
    database = await seededDatabase()
    api = await openUiApi(database.url)
    await queueBuild(api.pool, 'live').then((queued) => claim(api.pool, queued))
  })
  afterAll(async () => {
    await api.close()
    await database.drop()
    expect(api.errors).toEqual([])
  })

  test('ends with the login that it was opened with, and no other', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const login = await authorization(api.pool, { name: 'vera', role: 'viewer' })
      const ended = [await api.follow('/ui/events', login), await api.follow(BUILD_LOG, login)]
      const stays = await api.follow('/ui/events')
      for (const stream of [...ended, stays]) await stream.next()
      await deleteUser(api.pool, 'vera', 'test')
      vi.advanceTimersByTime(15_000)
      for (const stream of ended) {
        await expect(stream.until(() => false)).rejects.toThrow('ended before')
      }
      await setPaused(api.pool, 'shop_load', true, 'ada')
      await stays.until(({ data }) => data.what.includes('dags'))
    } finally {
      vi.useRealTimers()
    }
  })

  test('is one of twenty of its user at the most', async () => {
    const login = await authorization(api.pool, { name: 'wall', role: 'viewer' })
    const open = []
    for (let n = 0; n < 20; n++) open.push(await api.follow('/ui/events', login))
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]))
    for (const path of ['/ui/events', BUILD_LOG]) {
      const response = await api.app.inject({ url: path, headers: { host: 'localhost', ...login } })
      expect(response.statusCode).toBe(429)
      expect(response.json().code).toBe('too_many_streams')
    }
    expect((await api.follow('/ui/events')).status).toBe(200)
    open[0]!.leave()
    await until('the stream that was left is none any more', async () => {
      return (await api.follow('/ui/events', login)).status === 200
    })
  })
})

describe('the log of an attempt', () => {
  const LOG = (run: string, task: string, tryNumber: number) =>
    `/ui/dags/shop_load/runs/${run}/tasks/${task}/log/${tryNumber}`
  let database: FreshDatabase
  let api: UiApi

  beforeAll(async () => {
    database = await seededDatabase()
    api = await openUiApi(database.url)
  })
  afterAll(async () => {
    await api.close()
    await database.drop()
    expect(api.errors).toEqual([])
  })

  test('that has ended comes whole, with how it ended', async () => {
    const stream = await api.follow(`${LOG(FAILED_RUN, 'load', 1)}/events`)
    expect(await stream.next()).toEqual({ event: 'lines', data: { lines: [] }, id: '0' })
    const { data, id } = (await stream.next())!
    expect(id).toBe('3')
    expect(data.lines).toHaveLength(3)
    expect(data.lines[1]).toEqual({
      line_number: 2,
      logged_at: '2026-03-01T06:00:02.000Z',
      level: 'info',
      stream: 'log',
      message: 'line 2 of load',
      fields: { rows: 12 },
    })
    expect(await stream.next()).toMatchObject({ event: 'end', data: { outcome: 'failed' } })
    expect(await stream.next()).toBeUndefined()
  })

  test('goes on after the line that the reader has', async () => {
    const path = `${LOG(FAILED_RUN, 'load', 1)}/events`
    const lines = async (from: string, headers = {}) => {
      const stream = await api.follow(`${path}${from}`, headers)
      const { data } = await stream.until(({ data: { lines } }) => lines?.length > 0)
      return data.lines.map((line: { line_number: number }) => line.line_number)
    }
    expect(await lines('?after=2')).toEqual([3])
    expect(await lines('?after=1', { 'last-event-id': '2' })).toEqual([3])
    expect(await lines('?after=1', { 'last-event-id': 'x' })).toEqual([2, 3])
  })

  test('is followed while it runs', async () => {
    const attempt = await claim(api.pool, await queueBuild(api.pool, 'live'))
    const stream = await api.follow(BUILD_LOG)
    expect(await stream.next()).toMatchObject({ data: { lines: [] } })
    for (const n of [1, 2]) {
      await say(api.pool, attempt.taskInstanceId, n)
      expect((await stream.next())!.data.lines).toMatchObject([{ message: `said ${n}` }])
    }
    await say(api.pool, attempt.taskInstanceId, 3)
    await succeed(api.pool, attempt)
    expect((await stream.next())!.data.lines).toMatchObject([{ line_number: 3 }])
    expect(await stream.next()).toMatchObject({ event: 'end', data: { outcome: 'success' } })
  })

  test('is a file too', async () => {
    const response = await api.ask(`${LOG(FAILED_RUN, 'load', 1)}/download`)
    expect(response.status).toBe(200)
    expect(response.text.split('\n')).toEqual([
      '2026-03-01T06:00:01.000Z info    line 1 of load',
      '2026-03-01T06:00:02.000Z info    line 2 of load {"rows":12}',
      '2026-03-01T06:00:03.000Z error   line 3 of load',
      '',
    ])
  })

  test('of an attempt that there is not is 404', async () => {
    for (const path of [LOG(FAILED_RUN, 'load', 2), LOG(FAILED_RUN, 'load', 0)]) {
      expect((await api.ask(`${path}/events`)).status).toBe(404)
      expect((await api.ask(`${path}/download`)).status).toBe(404)
    }
    expect((await api.ask(`${LOG('nope', 'load', 1)}/events`)).status).toBe(404)
  })
})

describe('a Postgres that restarts', () => {
  const home = temporaryFolder('ui-events')
  chmodSync(home, 0o755)
  const start = (port: number) => startEmbeddedPostgres({ home, port, settings: { fsync: 'off' } })
  // Which nobody else takes while it is away: neither the system, nor another embedded Postgres.
  const ownPorts = Array.from({ length: 100 }, (_, n) => 23_400 + n)
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  test('ends no stream, and what changed meanwhile is told', async () => {
    const port = await freePort(ownPorts)
    let postgres = await start(port)
    await seedMetadata(postgres.url)
    const api = await openUiApi(postgres.url)
    try {
      const attempt = await claim(api.pool, await queueBuild(api.pool, 'live'))
      const changes = await api.follow('/ui/events')
      const log = await api.follow(BUILD_LOG)
      expect(await changes.next()).toEqual(FIRST)
      expect(await log.next()).toMatchObject({ data: { lines: [] } })

      await postgres.stop()
      await until('the stream has found Postgres away', async () => api.errors.length > 0)
      postgres = await start(port)
      await setPaused(api.pool, 'shop_load', true, 'ada')
      const { data } = await changes.until(({ data: { what } }) => what.includes('dags'))
      expect(data.dag_ids).toEqual(['shop_load'])
      await say(api.pool, attempt.taskInstanceId, 1)
      expect((await log.next())!.data.lines).toMatchObject([{ message: 'said 1' }])
      // Told once, however often it was tried.
      expect(api.errors).toHaveLength(1)
    } finally {
      await api.close()
      await postgres.stop()
    }
  })
})

async function queueBuild(pool: Pool, runId: string): Promise<QueueEntry[]> {
  await triggerRun(pool, { dagId: 'mart_build', runId, triggeredBy: 'cli' })
  return startRuns(pool, 'mart_build')
}

async function workerOf(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from terrace.process where kind = 'worker'`,
  )
  return rows[0]!.id
}

async function claim(pool: Pool, queued: QueueEntry[]): Promise<ClaimedAttempt> {
  const [attempt] = await claimAttempts(pool, await workerOf(pool), queued)
  return attempt!
}

async function succeed(pool: Pool, { taskInstanceId, fence }: ClaimedAttempt): Promise<void> {
  await finishAttempts(pool, await workerOf(pool), [
    {
      taskInstanceId,
      fence,
      outcome: 'success',
      output: null,
      error: null,
      delayMs: null,
      skipTaskIds: [],
      assetEvents: [],
      codeHash: 'c0de',
      continueHere: false,
    },
  ])
}

async function say(pool: Pool, taskInstanceId: string, lineNumber: number): Promise<void> {
  await appendLogs(pool, [
    {
      taskInstanceId,
      tryNumber: 1,
      lineNumber,
      loggedAt: '2026-03-01T06:00:00Z',
      level: 'info',
      stream: 'log',
      message: `said ${lineNumber}`,
      fields: null,
    },
  ])
}
