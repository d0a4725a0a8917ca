import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FreshDatabase } from '../support/database.ts'
import { openUiApi, type UiApi } from '../support/ui-api.ts'
import { FAILED_RUN, HOSTILE, seededDatabase } from './seeded-metadata.ts'

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

test('alerts are listed, the latest first, as text and with what became of them', async () => {
  const body = await api.json('/ui/alerts')
  expect(body).toMatchObject({ total_entries: 3, telegram: 'off' })
  expect(body.alerts).toMatchObject([
    { kind: 'run_failed', title: 'Run failed: shop_load', dag_id: 'shop_load', run_id: FAILED_RUN },
    {
      kind: 'task_failed',
      title: 'Task failed: shop_load.load',
      run_id: FAILED_RUN,
      task_id: 'load',
      map_index: -1,
      try_number: 1,
      state: 'pending',
      attempts: 0,
      sent_at: null,
      last_problem: null,
    },
    {
      kind: 'import_error',
      title: 'DAG file does not load: broken.ts',
      error: `Unexpected token ${HOSTILE}`,
      dag_id: null,
    },
  ])
})

test('alerts are filtered and come in pages', async () => {
  expect((await api.json('/ui/alerts?dag_id=shop_load&state=pending')).total_entries).toBe(2)
  expect((await api.json('/ui/alerts?kind=import_error&kind=run_failed')).total_entries).toBe(2)
  const page = await api.json('/ui/alerts?limit=1&offset=1')
  expect(page.alerts).toMatchObject([{ kind: 'task_failed' }])
  expect(page.total_entries).toBe(3)
})
