import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { TASK_STATES } from '../../graph/states.ts'
import { blockedBy } from '../../store/read/dependencies.ts'
import {
  listTaskInstances,
  readTaskInstance,
  type TaskInstanceRow,
} from '../../store/read/task-instances.ts'
import { listTries } from '../../store/read/tries.ts'
import { ApiError } from '../api-error.ts'
import { pathOf, unlessAny } from '../path-schema.ts'
import {
  checked,
  date,
  decimal,
  integer,
  list,
  pageOf,
  pageParameters,
  range,
  rangeOf,
  text,
} from '../query-schema.ts'
import { taskInstanceShape, tryShape } from '../shapes/run-shapes.ts'
import { requireRun } from './dag-runs.ts'
import { requireDag } from './dags.ts'

const RUN = '/dags/:dag_id/dagRuns/:dag_run_id'
export const TASK_INSTANCE = `${RUN}/taskInstances/:task_id`

const instancesQuery = z.strictObject({
  ...pageParameters(['map_index']),
  ...range('run_after', date),
  ...range('logical_date', date),
  ...range('start_date', date),
  ...range('end_date', date),
  ...range('duration', decimal),
  task_id: text.optional(),
  task_display_name_pattern: text.optional(),
  dag_id_pattern: text.optional(),
  run_id_pattern: text.optional(),
  state: list(z.enum([...TASK_STATES, 'no_status'])),
  pool: list(text),
  pool_name_pattern: text.optional(),
  queue: list(text),
  queue_name_pattern: text.optional(),
  version_number: list(integer(1)),
  try_number: list(integer(0)),
  map_index: list(integer(-1)),
})

const mapIndexQuery = z.strictObject({ map_index: integer(-1).default(-1) })

export function taskInstanceRoutes(app: FastifyInstance, pool: Pool): void {
  app.get(`${RUN}/taskInstances`, async (request) => {
    const { dag_id, dag_run_id } = pathOf(request, 'dag_id', 'dag_run_id')
    const query = checked(instancesQuery, request.query)
    const dagId = unlessAny(dag_id)
    const runId = unlessAny(dag_run_id)
    if (dagId !== undefined) await requireDag(pool, dagId)
    if (dagId !== undefined && runId !== undefined) await requireRun(pool, dagId, runId)
    const { rows, total } = await listTaskInstances(
      pool,
      {
        dagId,
        runId,
        taskId: query.task_id,
        taskIdPattern: query.task_display_name_pattern,
        dagIdPattern: query.dag_id_pattern,
        runIdPattern: query.run_id_pattern,
        states: query.state?.map((state) => (state === 'no_status' ? 'none' : state)),
        pools: query.pool,
        poolPattern: query.pool_name_pattern,
        queues: query.queue,
        queuePattern: query.queue_name_pattern,
        versionNumbers: query.version_number,
        tryNumbers: query.try_number,
        mapIndexes: query.map_index,
        runAfter: rangeOf(query, 'run_after'),
        logicalDate: rangeOf(query, 'logical_date'),
        startDate: rangeOf(query, 'start_date'),
        endDate: rangeOf(query, 'end_date'),
        duration: rangeOf(query, 'duration'),
      },
      pageOf(query),
    )
    return { task_instances: rows.map(taskInstanceShape), total_entries: total }
  })

  // Every route of one instance stands twice: with the map index in the path, and as a parameter.
  for (const path of [TASK_INSTANCE, `${TASK_INSTANCE}/:map_index`]) {
    app.get(path, async (request) => taskInstanceShape(await instanceOf(pool, request)))

    app.get(`${path}/tries`, async (request) => {
      const instance = await instanceOf(pool, request)
      const tries = await listTries(pool, instance)
      return {
        task_instances: tries.map((one) => tryShape(instance, one)),
        total_entries: tries.length,
      }
    })

    app.get(`${path}/tries/:task_try_number`, async (request) => {
      const { task_try_number } = pathOf(request, 'task_try_number')
      const instance = await instanceOf(pool, request)
      const attempt = (await listTries(pool, instance)).find(
        (one) => one.tryNumber === task_try_number,
      )
      if (!attempt) throw missing(instance, { try_number: task_try_number })
      return tryShape(instance, attempt)
    })

    app.get(`${path}/dependencies`, async (request) => {
      const instance = await instanceOf(pool, request)
      return { dependencies: await blockedBy(pool, instance) }
    })
  }
}

async function instanceOf(pool: Pool, request: FastifyRequest): Promise<TaskInstanceRow> {
  const { map_index } = checked(mapIndexQuery, {
    ...((request.params as { map_index?: string }).map_index !== undefined && {
      map_index: (request.params as { map_index: string }).map_index,
    }),
    ...(request.query as Record<string, string>),
  })
  return requireInstance(pool, request, map_index)
}

export async function requireInstance(
  pool: Pool,
  request: FastifyRequest,
  mapIndex: number,
): Promise<TaskInstanceRow> {
  const { dag_id, dag_run_id, task_id } = pathOf(request, 'dag_id', 'dag_run_id', 'task_id')
  const key = { dagId: dag_id, runId: dag_run_id, taskId: task_id, mapIndex }
  const instance = await readTaskInstance(pool, key)
  if (!instance) {
    throw ApiError.notFound('Task Instance', {
      dag_id,
      run_id: dag_run_id,
      task_id,
      map_index: mapIndex,
    })
  }
  return instance
}

export function missing(instance: TaskInstanceRow, key: Record<string, number>): ApiError {
  return ApiError.notFound('Task Instance', {
    dag_id: instance.dagId,
    run_id: instance.runId,
    task_id: instance.taskId,
    ...key,
  })
}
