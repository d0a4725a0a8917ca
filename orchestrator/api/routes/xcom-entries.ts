// Outputs of tasks under Airflow's name for them. A task has one, with the key `return_value`.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type Mask, maskJson } from '../../../connections/mask-secrets.ts'
import type { Pool } from '../../../connections/postgres.ts'
import type { RunRow } from '../../store/read/runs.ts'
import { listOutputs, type OutputRow } from '../../store/read/task-io.ts'
import { ApiError } from '../api-error.ts'
import { pathOf, unlessAny } from '../path-schema.ts'
import { checked, flag, integer, pageOf, pageParameters, text } from '../query-schema.ts'
import { requireRun } from './dag-runs.ts'
import { TASK_INSTANCE } from './task-instances.ts'

const { limit, offset } = pageParameters([])

const entriesQuery = z.strictObject({
  limit,
  offset,
  xcom_key: text.optional(),
  xcom_key_pattern: text.optional(),
  map_index: integer(-1).optional(),
})

const entryQuery = z.strictObject({
  map_index: integer(-1).default(-1),
  /** Airflow's word for "make an object of it again": outputs are plain JSON and are what they are. */
  deserialize: flag.default(false),
  stringify: flag.default(false),
})

export function xcomRoutes(app: FastifyInstance, pool: Pool, mask: Mask): void {
  app.get(`${TASK_INSTANCE}/xcomEntries`, async (request) => {
    const { dag_id, dag_run_id, task_id } = pathOf(request, 'dag_id', 'dag_run_id', 'task_id')
    const query = checked(entriesQuery, request.query)
    const run = await requireRun(pool, dag_id, dag_run_id)
    const taskId = unlessAny(task_id)
    const { rows, total } = await listOutputs(
      pool,
      run.id,
      {
        taskIds: taskId === undefined ? undefined : [taskId],
        mapIndex: query.map_index,
        key: query.xcom_key,
        keyPattern: query.xcom_key_pattern,
      },
      pageOf({ ...query, order_by: [] }),
    )
    return { xcom_entries: rows.map((row) => entryShape(run, row)), total_entries: total }
  })

  app.get(`${TASK_INSTANCE}/xcomEntries/:xcom_key`, async (request) => {
    const { dag_id, dag_run_id, task_id, xcom_key } = pathOf(
      request,
      'dag_id',
      'dag_run_id',
      'task_id',
      'xcom_key',
    )
    const query = checked(entryQuery, request.query)
    const run = await requireRun(pool, dag_id, dag_run_id)
    const filter = { taskIds: [task_id], mapIndex: query.map_index, key: xcom_key }
    const { rows } = await listOutputs(pool, run.id, filter, { limit: 1, offset: 0, orderBy: [] })
    const [row] = rows
    if (!row)
      throw ApiError.notFound('XCom entry', { dag_id, run_id: dag_run_id, task_id, xcom_key })
    const shown = maskJson(row.value, mask)
    const value = query.stringify ? JSON.stringify(shown) : shown
    return { ...entryShape(run, row), value }
  })
}

function entryShape(run: RunRow, row: OutputRow) {
  return {
    key: row.key,
    timestamp: row.createdAt,
    logical_date: run.logicalDate,
    run_after: run.runAfter,
    map_index: row.mapIndex,
    task_id: row.taskId,
    dag_id: run.dagId,
    run_id: run.runId,
    dag_display_name: run.dagId,
    task_display_name: row.taskId,
  }
}
