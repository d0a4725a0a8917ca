// What a task was given and returned, on the page and as Airflow's clients ask for it.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { claimAttempts, finishAttempts } from '../../orchestrator/store/attempts.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import {
  type ControlPlane,
  freshControlPlane,
  register,
  registerWorker,
  serializedDag,
  serializedTask,
} from '../support/control-plane.ts'
import { openUiApi, type UiApi } from '../support/ui-api.ts'

const IO = (task: string) => `/ui/dags/pipe/runs/r/tasks/${task}/io`
const ENTRIES = (task: string) => `/api/v2/dags/pipe/dagRuns/r/taskInstances/${task}/xcomEntries`
const LONG = 'x'.repeat(150_000)

let plane: ControlPlane
let api: UiApi

beforeAll(async () => {
  vi.stubEnv('SHOP_API_TOKEN', 'sesame-open-now')
  plane = await freshControlPlane()
  api = await openUiApi(plane.database.url)
  const args = {
    rows: { $output: 'extract' },
    limits: { most: 5, also: [{ $output: 'extract' }, { $output: 'count' }] },
    mode: 'fast',
  }
  const tasks = [
    serializedTask('extract'),
    serializedTask('count'),
    serializedTask('load', { args, inputs: ['extract', 'count'] }),
    serializedTask('report', { args: { $output: 'load' }, inputs: ['load'] }),
  ]
  const edges: [string, string][] = [
    ['extract', 'load'],
    ['count', 'load'],
    ['load', 'report'],
  ]
  await register(plane.pool, serializedDag('pipe', tasks, edges))
  await triggerRun(plane.pool, { dagId: 'pipe', runId: 'r', triggeredBy: 'cli' })
  const outputs: Record<string, string> = {
    extract: '{"n":3,"key":"sesame-open-now"}',
    load: `"${LONG}"`,
  }
  const worker = await registerWorker(plane.pool)
  let queued = await startRuns(plane.pool, 'pipe')
  while (queued.length > 0) {
    const claimed = await claimAttempts(plane.pool, worker, queued)
    const finished = await finishAttempts(
      plane.pool,
      worker,
      claimed.map(({ taskInstanceId, fence, taskId }) => ({
        taskInstanceId,
        fence,
        outcome: 'success',
        output: outputs[taskId] ?? null,
        error: null,
        delayMs: null,
        skipTaskIds: [],
        assetEvents: [],
        codeHash: null,
        continueHere: false,
      })),
    )
    queued = finished.queued
  }
})

afterAll(async () => {
  await api.close()
  await plane.close()
  vi.unstubAllEnvs()
  expect(api.errors).toEqual([])
})

describe('inputs and outputs', () => {
  test('say which task an argument came from, with its output in its place', async () => {
    const body = await api.json(IO('load'))
    const inputs = Object.fromEntries(body.inputs.map((one: { name: string }) => [one.name, one]))
    expect(inputs).toEqual({
      rows: { name: 'rows', from: 'extract', value: { n: 3, key: '***' } },
      limits: {
        name: 'limits',
        from: null,
        value: { most: 5, also: [{ n: 3, key: '***' }, null] },
      },
      mode: { name: 'mode', from: null, value: 'fast' },
    })
    expect(await api.json(IO('extract'))).toEqual({
      inputs: [],
      output: { n: 3, key: '***' },
      outputs_cut: false,
    })
  })

  test('that are long are cut, and say so', async () => {
    const { output, outputs_cut } = await api.json(IO('load'))
    expect(outputs_cut).toBe(true)
    expect(output).toHaveLength(100_000)
    const report = await api.json(IO('report'))
    expect(report).toMatchObject({ output: null, outputs_cut: true })
    expect(report.inputs).toMatchObject([{ name: '', from: 'load' }])
  })

  test('of a task that is not there are 404', async () => {
    expect((await api.ask(IO('nope'))).status).toBe(404)
    expect((await api.ask(`${IO('load')}?map_index=3`)).status).toBe(404)
  })
})

describe('XCom entries', () => {
  test('are listed without their values', async () => {
    const body = await api.json(ENTRIES('extract'))
    expect(body).toEqual({
      total_entries: 1,
      xcom_entries: [
        {
          key: 'return_value',
          timestamp: expect.any(String),
          logical_date: null,
          run_after: expect.any(String),
          map_index: -1,
          task_id: 'extract',
          dag_id: 'pipe',
          run_id: 'r',
          dag_display_name: 'pipe',
          task_display_name: 'extract',
        },
      ],
    })
    expect((await api.json(ENTRIES('~'))).total_entries).toBe(2)
    expect((await api.json(`${ENTRIES('~')}?xcom_key=other`)).total_entries).toBe(0)
    expect((await api.json(ENTRIES('report'))).total_entries).toBe(0)
  })

  test('are read one by one, as they are or as text', async () => {
    const path = `${ENTRIES('extract')}/return_value`
    expect(await api.json(path)).toMatchObject({ key: 'return_value', value: { n: 3, key: '***' } })
    expect((await api.json(`${path}?stringify=true`)).value).toBe('{"n":3,"key":"***"}')
    expect((await api.json(`${ENTRIES('load')}/return_value`)).value).toBe(LONG)
    expect((await api.ask(`${ENTRIES('extract')}/other`)).status).toBe(404)
    expect((await api.ask(`${ENTRIES('report')}/return_value`)).status).toBe(404)
  })
})
