// The manual re-run. A dry run, which is the default as in Airflow, shows what the same body would
// clear without it.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { unknownTaskIds } from '../../store/read/dags.ts'
import { listTaskInstances } from '../../store/read/task-instances.ts'
import { type ClearedTask, type ClearRequest, clearTaskInstances } from '../../store/runs.ts'
import { ApiError } from '../api-error.ts'
import { originOf } from '../auth/login-hook.ts'
import { onlyFalse } from '../body-schema.ts'
import { pathOf } from '../path-schema.ts'
import { checked, date, text } from '../query-schema.ts'
import { runShape, taskInstanceShape } from '../shapes/run-shapes.ts'
import { requireRun } from './dag-runs.ts'
import { requireDag } from './dags.ts'

/** As many as a list has on a page; `total_entries` counts all. */
const MAX_SHOWN = 1_000
const MAX_TASK_IDS = 1_000

const VERSION = onlyFalse('a run keeps the version of the DAG it was made with')
const NAME_RUNS = 'name the runs by dag_run_id, or by start_date and end_date'

const tasksBody = z
  .strictObject({
    dry_run: z.boolean().default(true),
    only_failed: z.boolean().optional(),
    only_running: z.boolean().default(false),
    reset_dag_runs: z.boolean().default(true),
    dag_run_id: text.min(1).max(250).nullish(),
    task_ids: z.array(text.min(1).max(250)).max(MAX_TASK_IDS).nullish(),
    include_upstream: z.boolean().default(false),
    include_downstream: z.boolean().default(false),
    start_date: date.nullish(),
    end_date: date.nullish(),
    include_future: onlyFalse(NAME_RUNS),
    include_past: onlyFalse(NAME_RUNS),
    prevent_running_task: onlyFalse('only_failed leaves running tasks alone'),
    run_on_latest_version: VERSION,
  })
  .superRefine((body, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message })
    if (body.only_failed && body.only_running) {
      refuse('only_running', 'and only_failed cannot both be true')
    }
    if (body.dag_run_id && (body.start_date || body.end_date)) {
      refuse('dag_run_id', `cannot stand beside dates: ${NAME_RUNS}`)
    }
    if (body.start_date && body.end_date && body.end_date < body.start_date) {
      refuse('end_date', 'is before start_date')
    }
  })

const runBody = z.strictObject({
  dry_run: z.boolean().default(true),
  only_failed: z.boolean().default(false),
  run_on_latest_version: VERSION,
})

export function taskClearRoutes(app: FastifyInstance, pool: Pool): void {
  app.post('/dags/:dag_id/clearTaskInstances', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const body = checked(tasksBody, request.body ?? {}, 'body')
    await requireDag(pool, dag_id)
    if (body.dag_run_id) await requireRun(pool, dag_id, body.dag_run_id)
    const [unknown] = await unknownTaskIds(pool, dag_id, body.task_ids ?? [])
    if (unknown !== undefined) throw ApiError.notFound('task', { dag_id, task_id: unknown })
    const cleared = await clearTaskInstances(pool, {
      ...ALL_OF_A_RUN,
      dagId: dag_id,
      runIds: body.dag_run_id ? [body.dag_run_id] : null,
      from: body.start_date ?? null,
      to: body.end_date ?? null,
      taskIds: body.task_ids ?? null,
      upstream: body.include_upstream,
      downstream: body.include_downstream,
      onlyFailed: body.only_failed ?? !body.only_running,
      onlyRunning: body.only_running,
      resetDagRuns: body.reset_dag_runs,
      dryRun: body.dry_run,
      actor: originOf(request).actor,
    })
    return instancesOf(pool, cleared)
  })

  app.post('/dags/:dag_id/dagRuns/:dag_run_id/clear', async (request) => {
    const { dag_id, dag_run_id } = pathOf(request, 'dag_id', 'dag_run_id')
    const body = checked(runBody, request.body ?? {}, 'body')
    await requireRun(pool, dag_id, dag_run_id)
    const cleared = await clearTaskInstances(pool, {
      ...ALL_OF_A_RUN,
      dagId: dag_id,
      runIds: [dag_run_id],
      onlyFailed: body.only_failed,
      dryRun: body.dry_run,
      actor: originOf(request).actor,
    })
    // Airflow answers with the run itself once it is cleared.
    if (!body.dry_run) return runShape(await requireRun(pool, dag_id, dag_run_id))
    return instancesOf(pool, cleared)
  })
}

const ALL_OF_A_RUN: Pick<
  ClearRequest,
  'taskIds' | 'upstream' | 'downstream' | 'onlyRunning' | 'resetDagRuns'
> = {
  taskIds: null,
  upstream: false,
  downstream: false,
  onlyRunning: false,
  resetDagRuns: true,
}

async function instancesOf(pool: Pool, cleared: readonly ClearedTask[]) {
  const ids = cleared.slice(0, MAX_SHOWN).map((task) => task.taskInstanceId)
  const { rows } = await listTaskInstances(
    pool,
    { ids },
    { limit: MAX_SHOWN, offset: 0, orderBy: ['run_after', 'run_id', 'position', 'map_index'] },
  )
  return { task_instances: rows.map(taskInstanceShape), total_entries: cleared.length }
}
