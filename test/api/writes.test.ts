import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inTransaction, openPostgres, type Pool } from '../../connections/postgres.ts'
import { startSession } from '../../orchestrator/accounts/sessions.ts'
import { csrfTokenOf } from '../../orchestrator/accounts/tokens.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import type { FreshDatabase } from '../support/database.ts'
import { authorization } from '../support/login.ts'
import { FAILED_RUN, seededDatabase } from './seeded-metadata.ts'

let database: FreshDatabase
let pool: Pool
let app: FastifyInstance
/** Of the user `ada`: as a program, and as a browser. */
let program: Record<string, string>
let browser: Record<string, string>
const serverErrors: unknown[] = []
let lastAuditId = 0

beforeAll(async () => {
  database = await seededDatabase()
  pool = openPostgres(database.url, { max: 4 })
  app = buildApp({
    pool,
    host: '127.0.0.1',
    inspectEngines: async () => [],
    onError: (error) => serverErrors.push(error),
  })
  program = await authorization(pool)
  const ada = { name: 'ada', role: 'admin' } as const
  const token = await inTransaction(pool, (client) =>
    startSession(client, ada, { userAgent: 'test', by: 'password' }),
  )
  browser = { cookie: `terrace_session=${token}`, 'x-csrf-token': csrfTokenOf(token) }
})

afterAll(async () => {
  await app.close()
  await pool.end()
  await database.drop()
  expect(serverErrors).toEqual([])
})

beforeEach(async () => {
  const { rows } = await pool.query('select max(id)::int as id from terrace.audit_log')
  lastAuditId = rows[0].id
})

async function send(
  method: 'POST' | 'PATCH',
  path: string,
  payload?: unknown,
  as: Record<string, string> = program,
) {
  const response = await app.inject({
    url: `/api/v2/dags/${path}`,
    method,
    headers: { host: 'localhost', ...as },
    ...(payload !== undefined && { payload: payload as object }),
  })
  return { status: response.statusCode, body: response.json() }
}

const post = (path: string, payload?: unknown, as?: Record<string, string>) =>
  send('POST', path, payload, as)

/** What the audit log got in this test. */
async function audited() {
  const { rows } = await pool.query(
    `select actor, action, dag_id, run_id from terrace.audit_log where id > $1 order by id`,
    [lastAuditId],
  )
  return rows
}

describe('pausing', () => {
  test('answers with the DAG, and is in the audit log under the name of the user', async () => {
    const paused = await send('PATCH', 'mart_build?update_mask=is_paused', { is_paused: true })
    expect(paused).toMatchObject({ status: 200, body: { dag_id: 'mart_build', is_paused: true } })
    const again = await send('PATCH', 'mart_build', { is_paused: false }, browser)
    expect(again.body.is_paused).toBe(false)
    expect(await audited()).toEqual([
      { actor: 'ada', action: 'dag.pause', dag_id: 'mart_build', run_id: null },
      { actor: 'ada', action: 'dag.unpause', dag_id: 'mart_build', run_id: null },
    ])
  })

  test.each([
    ['mart_build', undefined, []],
    ['mart_build', {}, ['is_paused']],
    ['mart_build', { is_paused: 'yes' }, ['is_paused']],
    ['mart_build', { is_paused: null }, ['is_paused']],
    ['mart_build', { is_paused: true, tags: [] }, ['tags']],
    ['mart_build', [true], []],
  ])('of %s with %j is refused, and changes nothing', async (path, body, loc) => {
    const { status, body: answer } = await send('PATCH', path, body)
    expect(status).toBe(422)
    expect(answer.detail[0]).toMatchObject({ loc: ['body', ...loc], msg: expect.any(String) })
    expect(await audited()).toEqual([])
  })

  test('takes no mask but of is_paused, and knows which DAGs there are', async () => {
    const masked = await send('PATCH', 'mart_build?update_mask=tags', { is_paused: true })
    expect(masked.body.detail[0].loc).toEqual(['query', 'update_mask', 0])
    const { status, body } = await send('PATCH', 'nope', { is_paused: true })
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_found' })
  })
})

describe('triggering', () => {
  test('makes a run for the user of the page, and for one of the REST API', async () => {
    const ofPage = await post('mart_build/dagRuns', {}, browser)
    expect(ofPage).toMatchObject({
      status: 200,
      body: {
        run_type: 'manual',
        triggered_by: 'ui',
        triggering_user_name: 'ada',
        logical_date: null,
        conf: {},
        note: null,
      },
    })
    expect(ofPage.body.dag_run_id).toMatch(/^manual__.*Z$/)
    const ofProgram = await post('shop_load/dagRuns', {
      dag_run_id: 'by_program',
      logical_date: '2026-04-01T06:00:00+03:00',
      run_after: '2026-04-02',
      conf: { days: 3, nested: { list: [1, null, 'a'] } },
      note: 'asked for\nby finance',
      data_interval_start: null,
      data_interval_end: null,
      partition_key: null,
    })
    expect(ofProgram).toMatchObject({
      status: 200,
      body: {
        dag_run_id: 'by_program',
        triggered_by: 'rest_api',
        triggering_user_name: 'ada',
        logical_date: '2026-04-01T03:00:00.000Z',
        run_after: '2026-04-02T00:00:00.000Z',
        conf: { days: 3, nested: { list: [1, null, 'a'] } },
        note: 'asked for\nby finance',
      },
    })
    expect(await audited()).toEqual([
      {
        actor: 'ada',
        action: 'dag.trigger',
        dag_id: 'mart_build',
        run_id: ofPage.body.dag_run_id,
      },
      { actor: 'ada', action: 'dag.trigger', dag_id: 'shop_load', run_id: 'by_program' },
    ])
  })

  test('needs no body', async () => {
    expect((await post('mart_build/dagRuns')).status).toBe(200)
  })

  test.each([
    [{ conf: [] }, ['conf']],
    [{ conf: 'days=7' }, ['conf']],
    [{ conf: 7 }, ['conf']],
    [{ conf: { text: 'a\0b' } }, ['conf']],
    [{ conf: { text: '\ud800' } }, ['conf']],
    [{ conf: { $output: 'extract' } }, ['conf']],
    [
      {
        conf: JSON.parse(
          `${'['.repeat(200)}${']'.repeat(200)}`.replace(/^\[/, '{"a":[').replace(/\]$/, ']}'),
        ),
      },
      ['conf'],
    ],
    [{ conf: { text: 'x'.repeat(50_000) } }, ['conf']],
    [{ dag_run_id: '' }, ['dag_run_id']],
    [{ dag_run_id: 'a/b' }, ['dag_run_id']],
    [{ dag_run_id: '..' }, ['dag_run_id']],
    [{ dag_run_id: '~' }, ['dag_run_id']],
    [{ dag_run_id: 'x'.repeat(251) }, ['dag_run_id']],
    [{ dag_run_id: 'scheduled__2026-01-01T00:00:00Z' }, ['dag_run_id']],
    [{ dag_run_id: 7 }, ['dag_run_id']],
    [{ logical_date: 'yesterday' }, ['logical_date']],
    [{ logical_date: '2026-02-30T00:00:00Z' }, ['logical_date']],
    [{ logical_date: 1_772_000_000 }, ['logical_date']],
    [{ run_after: 'soon' }, ['run_after']],
    [{ note: 'x'.repeat(1_001) }, ['note']],
    [{ note: 'a\u0007b' }, ['note']],
    [{ note: {} }, ['note']],
    [{ data_interval_start: '2026-01-01' }, ['data_interval_start']],
    [{ days: 7 }, ['days']],
    [[], []],
    ['run', []],
  ])('with %j is refused, and makes no run', async (payload, loc) => {
    const text = JSON.stringify(payload)
    const response = await app.inject({
      url: '/api/v2/dags/shop_load/dagRuns',
      method: 'POST',
      headers: { host: 'localhost', ...program, 'content-type': 'application/json' },
      payload: text,
    })
    expect({ status: response.statusCode, loc: response.json().detail[0].loc }).toEqual({
      status: 422,
      loc: ['body', ...loc],
    })
    expect(await audited()).toEqual([])
  })

  test.each([
    ['{"conf":{"a":1e999}}', ['conf', 'a'], 'too large'],
    ['{"conf":{"a":[9007199254740993]}}', ['conf', 'a', 0], 'would become 9007199254740992'],
    ['{"conf":{"a":1},"conf":{"a":2}}', ['conf'], 'written twice'],
    ['\ufeff{"conf":{"a":1e999}}', ['conf', 'a'], 'too large'],
  ])('with %s, which would change when it is read, is refused', async (payload, loc, why) => {
    const response = await app.inject({
      url: '/api/v2/dags/shop_load/dagRuns',
      method: 'POST',
      headers: { host: 'localhost', ...program, 'content-type': 'application/json' },
      payload,
    })
    expect(response.statusCode).toBe(422)
    expect(response.json().detail[0]).toMatchObject({
      loc: ['body', ...loc],
      msg: expect.stringContaining(why),
    })
    expect(await audited()).toEqual([])
  })

  test('takes the first and the last moments there are', async () => {
    for (const logical_date of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
      expect((await post('mart_build/dagRuns', { logical_date })).status).toBe(200)
    }
  })

  test('a run that there is already gets the conflict of Airflow', async () => {
    for (const payload of [{ dag_run_id: FAILED_RUN }, { logical_date: '2026-03-01T06:00:00Z' }]) {
      const { status, body } = await post('shop_load/dagRuns', payload)
      expect(status).toBe(409)
      expect(body).toEqual({
        detail: {
          reason: 'Unique constraint violation',
          statement: 'hidden',
          orig_error: 'hidden',
          message: expect.stringContaining(FAILED_RUN),
        },
        code: 'conflict',
      })
    }
    expect(await audited()).toEqual([])
  })

  test('a DAG that is not there, or no longer, gets 404 and 409', async () => {
    expect((await post('nope/dagRuns', {})).status).toBe(404)
    await pool.query(`update terrace.dag set is_stale = true where dag_id = 'mart_build'`)
    const stale = await post('mart_build/dagRuns', {})
    await pool.query(`update terrace.dag set is_stale = false where dag_id = 'mart_build'`)
    expect(stale.status).toBe(409)
    expect(stale.body.detail.message).toContain('mart_build.ts')
  })
})

describe('clearing tasks', () => {
  const names = (body: { task_instances: { task_id: string; state: string | null }[] }) =>
    body.task_instances.map((one) => [one.task_id, one.state])
  const clear = (payload: object, as?: Record<string, string>) =>
    post('shop_load/clearTaskInstances', payload, as)

  test('shows by itself what it would clear, and changes nothing', async () => {
    const { status, body } = await clear({ dag_run_id: FAILED_RUN })
    expect(status).toBe(200)
    expect(body.total_entries).toBe(2)
    expect(names(body)).toEqual([
      ['load', 'failed'],
      ['report', 'upstream_failed'],
    ])
    expect(body.task_instances[0]).toMatchObject({
      dag_id: 'shop_load',
      dag_run_id: FAILED_RUN,
      map_index: -1,
      try_number: 1,
      dag_version: { version_number: 1 },
    })
    const all = await clear({ dag_run_id: FAILED_RUN, only_failed: false })
    expect(names(all.body).map(([task]) => task)).toEqual(['extract', 'load', 'report'])
    const below = await clear({
      start_date: '2026-03-01',
      end_date: '2026-03-02',
      only_failed: false,
      task_ids: ['load'],
      include_downstream: true,
    })
    expect(names(below.body).map(([task]) => task)).toEqual(['load', 'report'])
    const above = await clear({
      dag_run_id: FAILED_RUN,
      only_failed: false,
      task_ids: ['load'],
      include_upstream: true,
    })
    expect(names(above.body).map(([task]) => task)).toEqual(['extract', 'load'])
    expect((await clear({ only_running: true })).body.total_entries).toBe(0)
    expect((await clear({})).body.total_entries).toBe(2)
    expect(await audited()).toEqual([])
  })

  test.each([
    [{ dry_run: 'no' }, ['dry_run']],
    [{ only_failed: true, only_running: true }, ['only_running']],
    [{ dag_run_id: FAILED_RUN, start_date: '2026-03-01' }, ['dag_run_id']],
    [{ start_date: '2026-03-02', end_date: '2026-03-01' }, ['end_date']],
    [{ start_date: 'monday' }, ['start_date']],
    [{ task_ids: 'load' }, ['task_ids']],
    [{ task_ids: [7] }, ['task_ids', 0]],
    [{ include_future: true }, ['include_future']],
    [{ run_on_latest_version: true }, ['run_on_latest_version']],
    [{ tasks: ['load'] }, ['tasks']],
  ])('with %j is refused', async (payload, loc) => {
    const { status, body } = await clear(payload)
    expect({ status, loc: body.detail[0].loc }).toEqual({ status: 422, loc: ['body', ...loc] })
  })

  test('of a DAG, a run or a task that is not there gets 404 and its name', async () => {
    expect((await post('nope/clearTaskInstances', {})).status).toBe(404)
    const noRun = await clear({ dag_run_id: 'nope' })
    expect(noRun).toMatchObject({ status: 404, body: { code: 'not_found' } })
    const noTask = await clear({ task_ids: ['load', 'laod'], dry_run: false })
    expect(noTask).toMatchObject({ status: 404 })
    expect(noTask.body.detail).toContain('task_id `laod`')
    expect((await post(`shop_load/dagRuns/nope/clear`, {})).status).toBe(404)
    expect(await audited()).toEqual([])
  })

  test('of a whole run shows all of it, or what failed', async () => {
    const run = `shop_load/dagRuns/${FAILED_RUN}/clear`
    expect((await post(run, {})).body.total_entries).toBe(3)
    expect((await post(run, { only_failed: true })).body.total_entries).toBe(2)
    expect(await audited()).toEqual([])
  })

  test('clears what the preview showed, once it is asked to', async () => {
    const payload = { dag_run_id: FAILED_RUN, task_ids: ['load'], include_downstream: true }
    const preview = await clear(payload)
    const cleared = await clear({ ...payload, dry_run: false }, browser)
    expect(cleared.body.total_entries).toBe(preview.body.total_entries)
    expect(names(cleared.body)).toEqual([
      ['load', null],
      ['report', null],
    ])
    expect(await audited()).toEqual([
      { actor: 'ada', action: 'task.clear', dag_id: 'shop_load', run_id: null },
    ])
    const { rows } = await pool.query('select state from terrace.dag_run where run_id = $1', [
      FAILED_RUN,
    ])
    expect(rows).toEqual([{ state: 'queued' }])
  })

  test('of a whole run answers with the run', async () => {
    const { status, body } = await post(`shop_load/dagRuns/${FAILED_RUN}/clear`, {
      dry_run: false,
      only_failed: false,
    })
    expect({ status, run: body.dag_run_id, state: body.state }).toEqual({
      status: 200,
      run: FAILED_RUN,
      state: 'queued',
    })
    expect(await audited()).toMatchObject([{ actor: 'ada', action: 'task.clear' }])
  })
})
