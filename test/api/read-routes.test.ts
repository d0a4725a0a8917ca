import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import type { FreshDatabase } from '../support/database.ts'
import { authorization } from '../support/login.ts'
import { FAILED_RUN, HOSTILE, seededDatabase, WAITING_RUN } from './seeded-metadata.ts'

let database: FreshDatabase
let pool: Pool
let app: FastifyInstance
let login: { authorization: string }
const serverErrors: unknown[] = []

beforeAll(async () => {
  database = await seededDatabase()
  pool = openPostgres(database.url, { max: 4 })
  login = await authorization(pool)
  app = buildApp({
    pool,
    host: '127.0.0.1',
    inspectEngines: async () => [],
    onError: (error) => serverErrors.push(error),
  })
})

afterAll(async () => {
  await app.close()
  await pool.end()
  await database.drop()
  expect(serverErrors).toEqual([])
})

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await app.inject({
    url: path,
    headers: { host: 'localhost:8081', ...login, ...headers },
  })
  return { status: response.statusCode, headers: response.headers, text: response.body }
}

async function json(path: string) {
  const { status, text } = await get(path)
  expect(`${status} ${text}`).toMatch(/^200 /)
  return JSON.parse(text)
}

const RUN = `/api/v2/dags/shop_load/dagRuns/${FAILED_RUN}`

describe('DAGs', () => {
  test('are listed with every required field, and their total', async () => {
    const body = await json('/api/v2/dags')
    expect(body.total_entries).toBe(2)
    expect(body.dags.map((dag: { dag_id: string }) => dag.dag_id)).toEqual([
      'mart_build',
      'shop_load',
    ])
    expect(body.dags[1]).toMatchObject({
      dag_display_name: 'shop_load',
      description: `Load the shop. ${HOSTILE}`,
      is_paused: false,
      is_stale: false,
      fileloc: 'shop_load.ts',
      file_token: expect.any(String),
      owners: ['data'],
      tags: [
        { name: 'raw', dag_id: 'shop_load', dag_display_name: 'shop_load' },
        { name: 'shop', dag_id: 'shop_load', dag_display_name: 'shop_load' },
      ],
      timetable_summary: '*/30 * * * *',
      timetable_partitioned: false,
      has_import_errors: false,
      has_task_concurrency_limits: false,
      max_active_runs: 1,
      max_active_tasks: 16,
      max_consecutive_failed_dag_runs: 0,
      last_expired: null,
      bundle_name: null,
    })
  })

  test('are filtered by tags, pattern, pause and the state of the last run', async () => {
    const ids = async (query: string) =>
      (await json(`/api/v2/dags?${query}`)).dags.map((dag: { dag_id: string }) => dag.dag_id)
    expect(await ids('tags=raw&tags=marts')).toEqual(['mart_build', 'shop_load'])
    expect(await ids('tags=raw&tags=shop&tags_match_mode=all')).toEqual(['shop_load'])
    expect(await ids('dag_id_pattern=MART')).toEqual(['mart_build'])
    expect(await ids('dag_id_pattern=mart | shop_l%25d')).toEqual(['mart_build', 'shop_load'])
    expect(await ids('paused=true')).toEqual([])
    expect(await ids('owners=data')).toEqual(['shop_load'])
    expect(await ids('last_dag_run_state=failed')).toEqual([])
    expect(await ids('order_by=-dag_id&limit=1')).toEqual(['shop_load'])
    expect(await ids('order_by=dag_id&limit=1&offset=1')).toEqual(['shop_load'])
  })

  test('have details, tasks, versions, stats and tags', async () => {
    const details = await json('/api/v2/dags/shop_load/details')
    expect(details).toMatchObject({
      catchup: false,
      concurrency: 16,
      dag_run_timeout: 'PT240S',
      params: { days: { value: 1, description: null, schema: {} } },
      start_date: '2026-01-01T00:00:00.000Z',
      latest_dag_version: { version_number: 1, dag_id: 'shop_load' },
      render_template_as_native_obj: false,
      timezone: 'UTC',
    })
    const tasks = await json('/api/v2/dags/shop_load/tasks')
    expect(tasks.total_entries).toBe(3)
    expect(tasks.tasks[0]).toMatchObject({
      task_id: 'extract',
      downstream_task_ids: ['load'],
      execution_timeout: { __type: 'TimeDelta', days: 0, seconds: 90, microseconds: 0 },
      depends_on_past: false,
      retries: 1,
      trigger_rule: 'all_success',
      extra_links: [],
    })
    expect(await json('/api/v2/dags/shop_load/tasks/load')).toMatchObject({ doc_md: 'Loads.' })
    const versions = await json('/api/v2/dags/~/dagVersions')
    expect(versions.total_entries).toBe(2)
    expect(await json('/api/v2/dags/shop_load/dagVersions/1')).toMatchObject({ version_number: 1 })
    const stats = await json('/api/v2/dagStats?dag_ids=shop_load')
    expect(stats).toMatchObject({ total_entries: 1, dags: [{ dag_id: 'shop_load' }] })
    expect(stats.dags[0].stats).toContainEqual({ state: 'queued', count: 1 })
    expect(await json('/api/v2/dagTags?limit=2')).toEqual({
      tags: ['marts', 'raw'],
      total_entries: 3,
    })
  })
})

describe('runs', () => {
  test('are listed over all DAGs, ordered and filtered', async () => {
    const all = await json('/api/v2/dags/~/dagRuns?order_by=-run_after')
    expect(all.total_entries).toBe(2)
    const waiting = await json('/api/v2/dags/shop_load/dagRuns?state=queued&run_type=manual')
    expect(waiting.total_entries).toBe(1)
    expect(waiting.dag_runs[0]).toMatchObject({
      dag_run_id: WAITING_RUN,
      state: 'queued',
      run_type: 'manual',
      triggered_by: 'cli',
      triggering_user_name: 'cli:ada',
      conf: { days: 7 },
      note: HOSTILE,
      logical_date: null,
      start_date: null,
      duration: null,
      dag_versions: [{ version_number: 1, dag_id: 'shop_load' }],
    })
    const dated = 'logical_date_gte=2026-03-01T09:00:00%2B03:00&logical_date_lt=2026-03-02'
    const found = await json(`/api/v2/dags/~/dagRuns?${dated}`)
    expect(found.dag_runs[0].dag_run_id).toBe(FAILED_RUN)
    expect((await json('/api/v2/dags/~/dagRuns?state=failed&state=success')).total_entries).toBe(1)
  })

  test('are found by ids with spaces and percent signs', async () => {
    const path = `/api/v2/dags/shop_load/dagRuns/${encodeURIComponent(WAITING_RUN)}`
    expect((await json(path)).dag_run_id).toBe(WAITING_RUN)
  })
})

describe('task instances', () => {
  test('of a run carry their state, null for none', async () => {
    const body = await json(`${RUN}/taskInstances?order_by=task_id`)
    expect(body.total_entries).toBe(3)
    const states = body.task_instances.map((one: { task_id: string; state: string | null }) => [
      one.task_id,
      one.state,
    ])
    expect(states).toEqual([
      ['extract', 'success'],
      ['load', 'failed'],
      ['report', 'upstream_failed'],
    ])
    expect(body.task_instances[0]).toMatchObject({
      dag_run_id: FAILED_RUN,
      map_index: -1,
      try_number: 1,
      executor_config: '{}',
      pool: 'default_pool',
      pool_slots: 1,
      rendered_fields: {},
      trigger: null,
      hostname: 'host-1',
      logical_date: '2026-03-01T06:00:00.000Z',
      dag_version: { version_number: 1 },
    })
    const waiting = await json(
      `/api/v2/dags/shop_load/dagRuns/${encodeURIComponent(WAITING_RUN)}/taskInstances`,
    )
    for (const instance of waiting.task_instances) expect(instance.state).toBeNull()
  })

  test('are found across runs, and one by one', async () => {
    const failed = await json('/api/v2/dags/~/dagRuns/~/taskInstances?state=failed')
    expect(failed.total_entries).toBe(1)
    expect(await json(`${RUN}/taskInstances/load`)).toMatchObject({ state: 'failed' })
    expect(await json(`${RUN}/taskInstances/load/-1`)).toMatchObject({ state: 'failed' })
  })

  test('keep their tries', async () => {
    const body = await json(`${RUN}/taskInstances/load/tries`)
    expect(body.total_entries).toBe(1)
    expect(body.task_instances[0]).toMatchObject({ try_number: 1, state: 'failed', pid: 4242 })
    expect(await json(`${RUN}/taskInstances/load/tries/1`)).toMatchObject({ try_number: 1 })
    expect((await get(`${RUN}/taskInstances/load/tries/2`)).status).toBe(404)
  })

  test('say what holds them back', async () => {
    const path = `/api/v2/dags/shop_load/dagRuns/${encodeURIComponent(WAITING_RUN)}/taskInstances/load/dependencies`
    const names = (await json(path)).dependencies.map((one: { name: string }) => one.name)
    expect(names).toContain('Dagrun Running')
    expect(await json(`${RUN}/taskInstances/load/dependencies`)).toEqual({ dependencies: [] })
  })

  test('say that a pool is too small for them', async () => {
    const path = `/api/v2/dags/shop_load/dagRuns/${encodeURIComponent(WAITING_RUN)}/taskInstances/extract`
    const { rows } = await pool.query<{ id: string; state: string }>(
      `select t.id, t.state from terrace.task_instance t join terrace.dag_run r on r.id = t.dag_run_id
       where r.run_id = $1 and t.task_id = 'extract'`,
      [WAITING_RUN],
    )
    const set = (state: string, slots: number) =>
      pool.query('update terrace.task_instance set state = $2, pool_slots = $3 where id = $1', [
        rows[0]!.id,
        state,
        slots,
      ])
    await set('scheduled', 500)
    try {
      const { dependencies } = await json(`${path}/dependencies`)
      const reasons = dependencies.map((one: { reason: string }) => one.reason)
      expect(reasons).toContain(
        "The pool 'default_pool' has 128 slots in all, and the task needs 500: it starts once the pool is larger (terrace pools set default_pool 500).",
      )
    } finally {
      await set(rows[0]!.state, 1)
    }
  })

  test('have all attempts of their run in one answer', async () => {
    const { attempts } = await json(
      `/ui/dags/shop_load/runs/${encodeURIComponent(FAILED_RUN)}/attempts`,
    )
    const loads = attempts.filter((one: { task_id: string }) => one.task_id === 'load')
    expect(loads.map((one: { try_number: number }) => one.try_number)).toEqual([1])
    expect(loads[0]).toMatchObject({
      map_index: -1,
      queued_when: expect.stringMatching(/Z$/),
      start_date: expect.stringMatching(/Z$/),
      end_date: expect.stringMatching(/Z$/),
    })
  })

  test('have logs as JSON in pages and as NDJSON', async () => {
    const body = await json(`${RUN}/taskInstances/load/logs/1`)
    expect(body.content).toHaveLength(3)
    expect(body.content[1]).toEqual({
      event: 'line 2 of load',
      timestamp: '2026-03-01T06:00:02.000Z',
      level: 'info',
      logger: 'log',
      rows: 12,
    })
    expect(body.continuation_token).toBeNull()
    const rest = await json(`${RUN}/taskInstances/load/logs/1?token=line-2`)
    expect(rest.content).toHaveLength(1)
    const stream = await get(`${RUN}/taskInstances/load/logs/1`, {
      accept: 'application/x-ndjson',
    })
    expect(stream.headers['content-type']).toContain('application/x-ndjson')
    expect(
      stream.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).level),
    ).toEqual(['info', 'info', 'error'])
    expect((await get(`${RUN}/taskInstances/load/logs/9`)).status).toBe(404)
  })

  test('have a long log whole when it is asked for whole', async () => {
    await pool.query(
      `insert into terrace.task_log
         (task_instance_id, try_number, line_number, logged_at, level, stream, message)
       select t.id, 1, n, now(), 'info', 'stdout', 'line ' || n
       from terrace.task_instance t join terrace.dag_run r on r.id = t.dag_run_id,
         generate_series(1001, 13000) as n
       where r.dag_id = 'shop_load' and r.run_id = $1 and t.task_id = 'extract'`,
      [FAILED_RUN],
    )
    const logs = `${RUN}/taskInstances/extract/logs/1`
    const whole = await json(`${logs}?full_content=true`)
    expect(whole.content.length).toBeGreaterThanOrEqual(12_000)
    expect(whole.content.at(-1).event).toBe('line 13000')
    expect(whole.continuation_token).toBeNull()
    const rest = await json(`${logs}?full_content=true&token=line-12999`)
    expect(rest.content.map((line: { event: string }) => line.event)).toEqual(['line 13000'])
    const none = await json(`${logs}?full_content=true&token=line-13000`)
    expect(none).toEqual({ content: [], continuation_token: null })
    const page = await json(logs)
    expect(page.continuation_token).toBe(`line-${page.content.at(-1).event.split(' ')[1]}`)
  })
})

describe('the rest', () => {
  test('import errors, assets, event logs, jobs and pools have their shapes', async () => {
    const errors = await json('/api/v2/importErrors')
    expect(errors).toMatchObject({
      total_entries: 1,
      import_errors: [{ filename: 'broken.ts', stack_trace: expect.stringContaining('line 3') }],
    })
    const id = errors.import_errors[0].import_error_id
    expect(await json(`/api/v2/importErrors/${id}`)).toEqual(errors.import_errors[0])
    const assets = await json('/api/v2/assets')
    expect(assets.assets[0]).toMatchObject({
      name: 'raw:orders',
      scheduled_dags: [{ dag_id: 'mart_build' }],
      producing_tasks: [{ dag_id: 'shop_load', task_id: 'load' }],
      aliases: [],
      watchers: [],
      last_asset_event: null,
    })
    const events = await json('/api/v2/eventLogs?dag_id=shop_load&order_by=-event_log_id')
    expect(events.event_logs[0]).toMatchObject({ event: 'dag.trigger', run_id: WAITING_RUN })
    const jobs = await json('/api/v2/jobs?is_alive=true')
    expect(jobs.jobs[0]).toMatchObject({ job_type: 'WorkerJob', hostname: 'host-1' })
    expect(await json('/api/v2/pools/default_pool')).toMatchObject({
      slots: 128,
      open_slots: 128,
      include_deferred: false,
    })
  })

  test('health and version answer', async () => {
    expect(await json('/api/v2/monitor/health')).toMatchObject({
      metadatabase: { status: 'healthy' },
      scheduler: { status: 'unhealthy', latest_scheduler_heartbeat: null },
    })
    expect(await json('/api/v2/version')).toEqual({
      version: expect.stringMatching(/^\d/),
      git_version: null,
    })
  })

  test('the page has one answer with everything that it shows', async () => {
    const status = await json('/status')
    expect(status).toMatchObject({ problem: null, total_dags: 2, engines: [] })
    expect(status.runs).toHaveLength(2)
    expect(status.import_errors[0].message).toContain(HOSTILE)
  })
})
