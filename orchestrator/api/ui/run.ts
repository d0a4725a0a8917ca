import type { FastifyInstance } from 'fastify'
import type { Pool } from '../../../connections/postgres.ts'
import { consumedEvents, countStates } from '../../store/read/run-details.ts'
import { listTriesOfRun } from '../../store/read/tries.ts'
import { pathOf } from '../path-schema.ts'
import { requireRun } from '../routes/dag-runs.ts'
import { runShape } from '../shapes/run-shapes.ts'
import { RUN } from './paths.ts'

export function runRoutes(app: FastifyInstance, pool: Pool): void {
  app.get(RUN, async (request) => {
    const { dag_id, dag_run_id } = pathOf(request, 'dag_id', 'dag_run_id')
    const run = await requireRun(pool, dag_id, dag_run_id)
    const [events, counts] = await Promise.all([
      consumedEvents(pool, run.id),
      countStates(pool, run.id),
    ])
    return {
      run: runShape(run),
      asset_events: events.map((event) => ({
        asset_name: event.assetName,
        source_dag_id: event.sourceDagId,
        source_run_id: event.sourceRunId,
        source_task_id: event.sourceTaskId,
        created_at: event.createdAt,
        extra: event.extra,
      })),
      counts,
    }
  })

  app.get(`${RUN}/attempts`, async (request) => {
    const { dag_id, dag_run_id } = pathOf(request, 'dag_id', 'dag_run_id')
    const run = await requireRun(pool, dag_id, dag_run_id)
    const tries = await listTriesOfRun(pool, run.id)
    return {
      attempts: tries.map((one) => ({
        task_id: one.taskId,
        map_index: one.mapIndex,
        try_number: one.tryNumber,
        state: one.state,
        queued_when: one.queuedAt,
        start_date: one.startedAt,
        end_date: one.endedAt,
      })),
    }
  })
}
