import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { RUN_STATES, RUN_TYPES } from '../../graph/states.ts'
import { listRuns, readRun } from '../../store/read/runs.ts'
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
import { runShape } from '../shapes/run-shapes.ts'
import { requireDag } from './dags.ts'

const runsQuery = z.strictObject({
  ...pageParameters(['id']),
  ...range('run_after', date),
  ...range('logical_date', date),
  ...range('start_date', date),
  ...range('end_date', date),
  ...range('duration', decimal),
  state: list(z.enum(RUN_STATES)),
  run_type: list(z.enum(RUN_TYPES)),
  dag_version: list(integer(1)),
  run_id_pattern: text.optional(),
  dag_id_pattern: text.optional(),
  triggering_user_name_pattern: text.optional(),
})

export function dagRunRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/dags/:dag_id/dagRuns', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const query = checked(runsQuery, request.query)
    const dagId = unlessAny(dag_id)
    if (dagId !== undefined) await requireDag(pool, dagId)
    const { rows, total } = await listRuns(
      pool,
      {
        dagId,
        dagIdPattern: query.dag_id_pattern,
        runIdPattern: query.run_id_pattern,
        triggeringUserPattern: query.triggering_user_name_pattern,
        states: query.state,
        runTypes: query.run_type,
        versionNumbers: query.dag_version,
        runAfter: rangeOf(query, 'run_after'),
        logicalDate: rangeOf(query, 'logical_date'),
        startDate: rangeOf(query, 'start_date'),
        endDate: rangeOf(query, 'end_date'),
        duration: rangeOf(query, 'duration'),
      },
      pageOf(query),
    )
    return { dag_runs: rows.map(runShape), total_entries: total }
  })

  app.get('/dags/:dag_id/dagRuns/:dag_run_id', async (request) => {
    const { dag_id, dag_run_id } = pathOf(request, 'dag_id', 'dag_run_id')
    return runShape(await requireRun(pool, dag_id, dag_run_id))
  })
}

export async function requireRun(pool: Pool, dagId: string, runId: string) {
  const run = await readRun(pool, dagId, runId)
  if (!run) throw ApiError.notFound('DagRun', { dag_id: dagId, run_id: runId })
  return run
}
