import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'
import { openUiApi, type UiApi } from '../support/ui-api.ts'

let plane: ControlPlane
let api: UiApi

beforeAll(async () => {
  plane = await freshControlPlane()
  api = await openUiApi(plane.database.url)
  const old = ['extract', 'gone', 'load'].map((id) => serializedTask(id))
  await register(plane.pool, serializedDag('grid', old, [['extract', 'load']]))
  await insertRuns('old', ['2026-01-01T00:00:00.000001Z'])
  const now = ['extract', 'clean', 'load'].map((id) => serializedTask(id))
  const edges: [string, string][] = [
    ['extract', 'clean'],
    ['extract', 'load'],
    ['clean', 'load'],
  ]
  await register(plane.pool, serializedDag('grid', now, edges))
  // Two of one moment, and one a microsecond before them.
  await insertRuns('new', [
    '2026-01-02T00:00:00.000002Z',
    '2026-01-02T00:00:00.000003Z',
    '2026-01-02T00:00:00.000003Z',
    '2026-01-03T00:00:00Z',
  ])
})

afterAll(async () => {
  await api.close()
  await plane.close()
  expect(api.errors).toEqual([])
})

async function insertRuns(name: string, moments: string[]): Promise<void> {
  await plane.pool.query(
    `with made as (
       insert into terrace.dag_run (id, dag_id, run_id, dag_version_id, run_type, state,
         triggered_by, run_after, max_active_tasks, started_at, ended_at, note, conf)
       select terrace.uuid_v7(), 'grid', $1 || '_' || m.n, d.current_version_id, 'manual', 'success',
         'cli', m.at, 16, m.at, m.at + interval '90 s', case when m.n = 1 then 'first' end,
         case when m.n = 1 then '{"days": 3}' else '{}' end::jsonb
       from terrace.dag d, unnest($2::timestamptz[]) with ordinality as m(at, n)
       where d.dag_id = 'grid' returning *)
     insert into terrace.task_instance (id, dag_run_id, dag_id, task_id, dag_version_id, state,
       try_number, pool, pool_slots, queue, priority_weight, trigger_rule, is_leaf, started_at, ended_at)
     select terrace.uuid_v7(), r.id, 'grid', k.task_id, k.dag_version_id,
       case k.task_id when 'load' then 'failed' else 'success' end, 2, 'default_pool', 1, 'default',
       1, 'all_success', k.is_leaf, r.started_at, case when k.task_id <> 'load' then r.ended_at end
     from made r join terrace.dag_task k using (dag_version_id)`,
    [name, moments],
  )
}

/** Runs of one moment have no order of their own. */
const runIds = (page: { runs: { run_id: string }[] }) => page.runs.map((run) => run.run_id).sort()

describe('the grid of a DAG', () => {
  test('has its tasks in order with their depths, those of older versions below', async () => {
    const grid = await api.json('/ui/dags/grid/grid')
    expect(grid.tasks).toEqual(['extract', 'clean', 'load', 'gone'])
    expect(grid.depths).toEqual([0, 1, 2, 0])
    expect(grid.next_before).toBeNull()
    expect(grid.runs.at(-1)).toEqual({
      run_id: 'old_1',
      state: 'success',
      run_type: 'manual',
      run_after: '2026-01-01T00:00:00.000Z',
      logical_date: null,
      start_date: '2026-01-01T00:00:00.000Z',
      end_date: '2026-01-01T00:01:30.000Z',
      duration: 90,
      note: 'first',
      has_conf: true,
      version_number: 1,
    })
    expect(grid.runs[0]).toMatchObject({ run_id: 'new_4', version_number: 2, has_conf: false })
  })

  test('has a cell for each task that a run has, and null for the others', async () => {
    const { states, cells } = await api.json('/ui/dags/grid/grid')
    const start = Date.parse('2026-01-03T00:00:00Z')
    expect(cells).toHaveLength(5)
    expect(cells[0]).toEqual([
      [states.indexOf('success'), 2, start, start + 90_000],
      [states.indexOf('success'), 2, start, start + 90_000],
      [states.indexOf('failed'), 2, start, null],
      null,
    ])
    expect(cells[4][1]).toBeNull()
    expect(cells[4][3]).not.toBeNull()
  })

  test('comes in pages that leave out no run, however close they are', async () => {
    const first = await api.json('/ui/dags/grid/grid?limit=2')
    // The two of one moment stay together.
    expect(runIds(first)).toEqual(['new_2', 'new_3', 'new_4'])
    expect(first.next_before).toBe('2026-01-02T00:00:00.000003Z')
    const second = await api.json(`/ui/dags/grid/grid?limit=1&before=${first.next_before}`)
    expect(runIds(second)).toEqual(['new_1'])
    const third = await api.json(`/ui/dags/grid/grid?before=${second.next_before}`)
    expect(runIds(third)).toEqual(['old_1'])
    expect(third.next_before).toBeNull()
  })

  test('of a DAG without runs has its tasks, and one that is not there is 404', async () => {
    await register(plane.pool, serializedDag('idle', [serializedTask('only')], []))
    expect(await api.json('/ui/dags/idle/grid')).toMatchObject({
      tasks: ['only'],
      runs: [],
      cells: [],
      next_before: null,
    })
    expect((await api.ask('/ui/dags/nope/grid')).status).toBe(404)
    expect((await api.ask('/ui/dags/grid/grid?before=yesterday')).status).toBe(422)
  })
})
