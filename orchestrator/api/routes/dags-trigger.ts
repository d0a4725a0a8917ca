import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { triggerRun } from '../../store/runs.ts'
import { ApiError } from '../api-error.ts'
import { originOf } from '../auth/login-hook.ts'
import { conf, note, onlyNull, runId } from '../body-schema.ts'
import { pathOf } from '../path-schema.ts'
import { checked, date } from '../query-schema.ts'
import { runShape } from '../shapes/run-shapes.ts'
import { requireRun } from './dag-runs.ts'
import { requireDag } from './dags.ts'

const INTERVAL = 'the interval follows from logical_date and the schedule of the DAG'

const body = z.strictObject({
  dag_run_id: runId.nullish(),
  logical_date: date.nullish(),
  run_after: date.nullish(),
  conf: conf.nullish(),
  note: note.nullish(),
  data_interval_start: onlyNull(INTERVAL),
  data_interval_end: onlyNull(INTERVAL),
  partition_key: onlyNull('DAGs have no partitions'),
})

export function dagTriggerRoutes(app: FastifyInstance, pool: Pool): void {
  app.post('/dags/:dag_id/dagRuns', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const wanted = checked(body, request.body ?? {}, 'body')
    const dag = await requireDag(pool, dag_id)
    if (dag.isStale) {
      throw ApiError.conflict(
        'The DAG is stale',
        `The DAG "${dag_id}" is no longer in the DAG folder (${dag.filePath}), so it cannot run. Bring the file back.`,
      )
    }
    const { actor, by } = originOf(request)
    const { runId } = await triggerRun(pool, {
      dagId: dag_id,
      triggeredBy: by,
      triggeringUser: actor,
      logicalDate: wanted.logical_date ?? null,
      ...(wanted.dag_run_id && { runId: wanted.dag_run_id }),
      ...(wanted.run_after && { runAfter: wanted.run_after }),
      ...(wanted.conf && { conf: wanted.conf }),
      ...(wanted.note && { note: wanted.note }),
    })
    return runShape(await requireRun(pool, dag_id, runId))
  })
}
