// Marking tasks and runs in Airflow's shapes: one, many, on trial, and by whom.

import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { buildApp } from '../../orchestrator/api/app.ts'
import { claimAttempts, finishAttempts } from '../../orchestrator/store/attempts.ts'
import { startRuns } from '../../orchestrator/store/runs.ts'
import { registerWorker } from '../support/control-plane.ts'
import type { FreshDatabase } from '../support/database.ts'
import { authorization } from '../support/login.ts'
import { FAILED_RUN, seededDatabase, WAITING_RUN } from './seeded-metadata.ts'

let database: FreshDatabase
let pool: Pool
let app: FastifyInstance
let admin: Record<string, string>

beforeEach(async () => {
  database = await seededDatabase()
  pool = openPostgres(database.url, { max: 4 })
  app = buildApp({
    pool,
    host: '127.0.0.1',
    inspectEngines: async () => [],
    onError: (error) => {
      throw error
    },
  })
  admin = await authorization(pool)
})
afterEach(async () => {
  await app.close()
  await pool.end()
  await database.drop()
})

const RUN = `shop_load/dagRuns/${FAILED_RUN}`
const WAITING = `shop_load/dagRuns/${encodeURIComponent(WAITING_RUN)}`

async function send(
  method: 'GET' | 'PATCH',
  path: string,
  payload?: object,
  as: Record<string, string> = admin,
) {
  const response = await app.inject({
    url: `/api/v2/dags/${path}`,
    method,
    headers: { host: 'localhost', ...as },
    ...(payload && { payload }),
  })
  return { status: response.statusCode, body: response.json() }
}

const patch = (path: string, payload: object) => send('PATCH', path, payload)

async function states(run = RUN): Promise<string> {
  const { body } = await send('GET', `${run}/taskInstances?order_by=position`)
  const tasks = body.task_instances.map((task: { state: string | null }) => task.state)
  return `${tasks.join(' ')}, run ${(await send('GET', run)).body.state}`
}

const audited = async () =>
  (
    await pool.query(
      `select actor, action, run_id from terrace.audit_log where action ~ 'mark|note'`,
    )
  ).rows

test('a failed task is marked as success, with a note, and the run goes on', async () => {
  const before = await states()
  const body = { new_state: 'success', note: 'checked by hand' }
  const { status, body: answer } = await patch(`${RUN}/taskInstances/load`, body)
  expect(before).toMatch(/failed/)
  expect(status).toBe(200)
  expect(answer).toMatchObject({
    total_entries: 1,
    task_instances: [{ task_id: 'load', state: 'success', note: 'checked by hand' }],
  })
  const { body: now } = await send('GET', `${RUN}/taskInstances/load`)
  expect(now).toMatchObject({ state: 'success', note: 'checked by hand' })
  expect(await audited()).toEqual([
    { actor: 'ada', action: 'task.mark', run_id: FAILED_RUN },
    { actor: 'ada', action: 'task.note', run_id: FAILED_RUN },
  ])
  const again = await patch(`${RUN}/taskInstances/load`, { new_state: 'success' })
  expect(again).toMatchObject({
    status: 409,
    body: { detail: { message: 'Task id load is already in success state' } },
  })
})

test('a dry run shows what would be marked, and changes nothing', async () => {
  const before = await states()
  const { body } = await patch(`${RUN}/taskInstances/extract/dry_run`, {
    new_state: 'skipped',
    include_downstream: true,
  })
  expect(body.total_entries).toBeGreaterThan(1)
  expect(await states()).toBe(before)
  expect(await audited()).toEqual([])
})

test('with the map index in the path or beside it, and with a mask', async () => {
  const path = `${RUN}/taskInstances/load`
  expect((await patch(`${path}/-1/dry_run`, { new_state: 'skipped' })).status).toBe(200)
  expect((await patch(`${path}?map_index=-1`, { new_state: 'skipped' })).status).toBe(200)
  expect((await patch(`${path}?map_index=7`, { new_state: 'failed' })).status).toBe(404)
  expect((await patch(`${path}?update_mask=note`, { new_state: 'failed', note: 'n' })).status).toBe(
    200,
  )
  expect((await send('GET', path)).body).toMatchObject({ state: 'skipped', note: 'n' })
})

test('many at once say of each what became of it', async () => {
  const entity = (task_id: string) => ({ task_id, new_state: 'skipped' })
  const { status, body } = await patch(`${RUN}/taskInstances`, {
    actions: [
      { action: 'update', entities: [entity('load'), entity('nope')] },
      { action: 'update', action_on_non_existence: 'skip', entities: [entity('nope')] },
    ],
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    create: null,
    delete: null,
    update: { success: [`shop_load.${FAILED_RUN}.load[-1]`], errors: [{ status_code: 404 }] },
  })
})

test('a run is marked, and its tasks follow', async () => {
  const { status, body } = await patch(RUN, { state: 'success' })
  expect({ status, state: body.state }).toEqual({ status: 200, state: 'success' })
  expect(await states()).toMatch(/^(success )*success, run success$/)
  expect((await patch(RUN, { state: 'queued' })).body.state).toBe('queued')
  expect((await patch(WAITING, { state: 'failed' })).body.state).toBe('failed')
  expect(await states(WAITING)).toMatch(/^(skipped )*skipped, run failed$/)
  expect((await audited()).map(({ action }) => action)).toEqual([
    'run.mark',
    'run.mark',
    'run.mark',
  ])
})

test('what runs is read as running until its code has stopped', async () => {
  const worker = await registerWorker(pool, 3_600)
  const [attempt] = await claimAttempts(pool, worker, await startRuns(pool, 'shop_load'))
  const task = `${WAITING}/taskInstances/${attempt!.taskId}`
  const { body } = await patch(task, { new_state: 'skipped' })
  expect(body.task_instances[0].state).toBe('skipped')
  expect((await send('GET', task)).body.state).toBe('running')
  const end = { outcome: 'cancelled', output: null, error: null, delayMs: null } as const
  await finishAttempts(pool, worker, [
    {
      ...end,
      taskInstanceId: attempt!.taskInstanceId,
      fence: attempt!.fence,
      skipTaskIds: [],
      assetEvents: [],
      codeHash: null,
      continueHere: false,
    },
  ])
  expect((await send('GET', task)).body.state).toBe('skipped')
})

test.each([
  [`${RUN}/taskInstances/load`, { new_state: 'running' }, 422],
  [`${RUN}/taskInstances/load`, { new_state: 'success', more: 1 }, 422],
  [`${RUN}/taskInstances/nope`, { new_state: 'success' }, 404],
  ['shop_load/dagRuns/nope/taskInstances/load', { new_state: 'success' }, 404],
  [RUN, { state: 'running' }, 422],
  ['shop_load/dagRuns/nope', { state: 'failed' }, 404],
  [`${RUN}/taskInstances`, { actions: [{ action: 'delete', entities: [] }] }, 422],
])('%s with %j is refused with %i', async (path, body, status) => {
  expect((await patch(path, body)).status).toBe(status)
  expect(await audited()).toEqual([])
})

test('a viewer may not', async () => {
  await pool.query(`update terrace.user_account set role = 'viewer'`)
  for (const path of [RUN, `${RUN}/taskInstances/load`, `${RUN}/taskInstances`])
    expect(await patch(path, { state: 'failed' })).toMatchObject({
      status: 403,
      body: { code: 'read_only_role' },
    })
})
