// What a scan of the DAG folder does to the registry.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteDag } from '../../orchestrator/store/dags.ts'
import { cleanMetadata } from '../../orchestrator/store/maintenance.ts'
import { triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'

let plane: ControlPlane
beforeAll(async () => {
  plane = await freshControlPlane()
})
afterAll(() => plane.close())

const dag = (dagId: string, pool = 'default_pool') =>
  serializedDag(dagId, [serializedTask('only', { pool })], [])

async function column<T>(sql: string, values: unknown[] = []): Promise<T[]> {
  const { rows } = await plane.pool.query({ text: sql, values, rowMode: 'array' })
  return (rows as T[][]).map((row) => row[0] as T)
}

test('an edit that changes nothing makes no new version, one of the structure does', async () => {
  await register(plane.pool, dag('edited'))
  await register(plane.pool, dag('edited'))
  await register(plane.pool, { ...dag('edited'), description: 'another' })
  expect(
    await column(
      `select version_number from terrace.dag_version where dag_id = 'edited' order by 1`,
    ),
  ).toEqual([1, 2])
})

test('a DAG whose file is gone becomes stale, and comes back with its history', async () => {
  await register(plane.pool, dag('gone'))
  await register(plane.pool, dag('other'))
  const stale = `select is_stale from terrace.dag where dag_id = 'gone'`
  expect(await column(stale)).toEqual([true])
  await register(plane.pool, dag('gone'))
  expect(await column(stale)).toEqual([false])
})

test('a task of an unknown pool is an import error that names the pools', async () => {
  await register(plane.pool, dag('unpooled', 'nowhere'))
  const [message] = await column<string>(`select message from terrace.import_error`)
  expect(message).toMatch(/task "only" asks for the pool "nowhere".*Pools: default_pool/)
  expect(await column(`select 1 from terrace.dag where dag_id = 'unpooled'`)).toEqual([])
})

test('a deleted DAG takes its runs along and is registered anew by the next scan', async () => {
  await register(plane.pool, dag('deleted'))
  await triggerRun(plane.pool, { dagId: 'deleted', triggeredBy: 'test' })
  await deleteDag(plane.pool, 'deleted', 'test')
  expect(await column(`select 1 from terrace.task_instance where dag_id = 'deleted'`)).toEqual([])
  await register(plane.pool, dag('deleted'))
  expect(await column(`select is_stale from terrace.dag where dag_id = 'deleted'`)).toEqual([false])
})

test('cleaning deletes ended runs with their task instances, and nothing that is open', async () => {
  await register(plane.pool, dag('cleaned'))
  await triggerRun(plane.pool, { dagId: 'cleaned', runId: 'old', triggeredBy: 'test' })
  await triggerRun(plane.pool, { dagId: 'cleaned', runId: 'open', triggeredBy: 'test' })
  await plane.pool.query(
    `update terrace.dag_run set state = 'success', ended_at = '2020-01-01' where run_id = 'old'`,
  )
  const before = new Date('2021-01-01')
  const preview = await cleanMetadata(plane.pool, { before, dryRun: true })
  expect(preview.find(({ table }) => table === 'dag_run')).toEqual({ table: 'dag_run', rows: 1 })
  expect(await cleanMetadata(plane.pool, { before, dryRun: false })).toEqual(preview)
  expect(
    await column(
      `select r.run_id from terrace.task_instance t join terrace.dag_run r on r.id = t.dag_run_id
       where t.dag_id = 'cleaned'`,
    ),
  ).toEqual(['open'])
})
