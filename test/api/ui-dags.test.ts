import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FreshDatabase } from '../support/database.ts'
import { openUiApi, type UiApi } from '../support/ui-api.ts'
import { FAILED_RUN, HOSTILE, seededDatabase, WAITING_RUN } from './seeded-metadata.ts'

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

describe('the list of DAGs', () => {
  test('has the counts and the latest runs of each, oldest first', async () => {
    const body = await api.json('/ui/dags')
    expect(body).toMatchObject({
      total_entries: 2,
      tags: ['marts', 'raw', 'shop'],
      import_errors: 1,
    })
    const [mart, shop] = body.dags
    expect(mart).toMatchObject({
      dag_id: 'mart_build',
      run_counts: { queued: 0, running: 0, success: 0, failed: 0 },
      recent_runs: [],
    })
    expect(shop).toMatchObject({
      dag_id: 'shop_load',
      description: `Load the shop. ${HOSTILE}`,
      schedule: '*/30 * * * *',
      file_path: 'shop_load.ts',
      is_paused: false,
      has_import_errors: false,
      run_counts: { queued: 1, running: 0, success: 0, failed: 1 },
    })
    expect(shop.recent_runs).toEqual([
      expect.objectContaining({
        run_id: FAILED_RUN,
        state: 'failed',
        duration: expect.any(Number),
      }),
      expect.objectContaining({ run_id: WAITING_RUN, state: 'queued', duration: null }),
    ])
  })

  test('is searched in ids, descriptions and tags, where % and _ are themselves', async () => {
    const ids = async (query: string) =>
      (await api.json(`/ui/dags?${query}`)).dags.map((dag: { dag_id: string }) => dag.dag_id)
    expect(await ids('search=LOAD')).toEqual(['shop_load'])
    expect(await ids('search=onerror')).toEqual(['shop_load'])
    expect(await ids('search=marts')).toEqual(['mart_build'])
    expect(await ids('search=shop_load')).toEqual(['shop_load'])
    expect(await ids('search=s%25p')).toEqual([])
    expect(await ids('search=shop-load')).toEqual([])
    expect(await ids('tag=raw&paused=false&state=queued')).toEqual(['shop_load'])
    expect(await ids('state=failed')).toEqual([])
    expect(await ids('limit=1&offset=1')).toEqual(['shop_load'])
  })

  test('needs a login', async () => {
    const response = await api.app.inject({ url: '/ui/dags', headers: { host: 'localhost' } })
    expect(response.statusCode).toBe(401)
    expect(response.json()).toMatchObject({ code: 'not_logged_in' })
  })
})

describe('the graph of a DAG', () => {
  test('has its tasks in order, its edges, its source and its versions', async () => {
    const graph = await api.json('/ui/dags/shop_load/graph')
    expect(graph).toMatchObject({
      dag_id: 'shop_load',
      version_number: 1,
      versions: [{ version_number: 1, created_at: expect.stringMatching(/Z$/) }],
      file_path: 'shop_load.ts',
      source: '// the file',
      edges: [
        ['extract', 'load'],
        ['load', 'report'],
      ],
    })
    expect(graph.tasks[0]).toEqual({
      task_id: 'extract',
      trigger_rule: 'all_success',
      kind: 'task',
      retries: 1,
      retry_delay: expect.any(Number),
      timeout: 90,
      pool: 'default_pool',
      queue: 'default',
      doc: null,
    })
    expect(graph.tasks[1]).toMatchObject({ task_id: 'load', doc: 'Loads.', timeout: null })
  })

  test('of a version, a DAG that does not exist is 404', async () => {
    expect(await api.json('/ui/dags/shop_load/graph?version=1')).toMatchObject({
      version_number: 1,
    })
    expect((await api.ask('/ui/dags/shop_load/graph?version=7')).status).toBe(404)
    expect((await api.ask('/ui/dags/nope/graph')).status).toBe(404)
  })
})

describe('a run', () => {
  test('has its shape, the counts of its tasks and the events that it was made for', async () => {
    await api.pool.query(
      `with event as (
         insert into terrace.asset_event
           (id, asset_name, source_dag_id, source_run_id, source_task_id, extra)
         values (terrace.uuid_v7(), 'raw:orders', 'shop_load', 'r', 'load', '{"rows": 3}')
         returning id)
       insert into terrace.dag_run_asset_event (dag_run_id, asset_event_id)
       select r.id, event.id from event, terrace.dag_run r where r.run_id = $1`,
      [FAILED_RUN],
    )
    expect(await api.json(`/ui/dags/shop_load/runs/${FAILED_RUN}`)).toMatchObject({
      run: { dag_run_id: FAILED_RUN, state: 'failed', triggered_by: 'cli' },
      counts: { success: 1, failed: 1, upstream_failed: 1 },
      asset_events: [
        {
          asset_name: 'raw:orders',
          source_dag_id: 'shop_load',
          source_run_id: 'r',
          source_task_id: 'load',
          extra: { rows: 3 },
        },
      ],
    })
    const waiting = `/ui/dags/shop_load/runs/${encodeURIComponent(WAITING_RUN)}`
    expect(await api.json(waiting)).toMatchObject({ asset_events: [], counts: { none: 3 } })
    expect((await api.ask('/ui/dags/shop_load/runs/nope')).status).toBe(404)
  })
})

test('the engines stand beside the processes that live', async () => {
  expect(await api.json('/ui/engines')).toEqual({
    version: expect.stringMatching(/^\d/),
    engines: [],
    processes: [
      {
        kind: 'worker',
        hostname: 'host-1',
        pid: 4242,
        version: '0.1.0',
        state: 'running',
        started_at: expect.any(String),
        last_heartbeat: expect.any(String),
      },
    ],
  })
})
