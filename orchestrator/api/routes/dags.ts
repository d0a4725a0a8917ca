import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { RUN_STATES } from '../../graph/states.ts'
import {
  countRuns,
  listDags,
  listTags,
  listVersions,
  readDag,
  readVersion,
} from '../../store/read/dags.ts'
import { ApiError } from '../api-error.ts'
import { pathOf, unlessAny } from '../path-schema.ts'
import { checked, flag, integer, list, pageOf, pageParameters, text } from '../query-schema.ts'
import { dagDetailsShape, dagShape, taskShape, versionShape } from '../shapes/dag-shapes.ts'

const dagsQuery = z.strictObject({
  ...pageParameters(['dag_id']),
  tags: list(text),
  tags_match_mode: z.enum(['any', 'all']).optional(),
  owners: list(text),
  dag_id_pattern: text.optional(),
  dag_display_name_pattern: text.optional(),
  exclude_stale: flag.default(true),
  paused: flag.optional(),
  has_import_errors: flag.optional(),
  last_dag_run_state: z.enum(RUN_STATES).optional(),
})

const versionsQuery = z.strictObject({
  ...pageParameters(['id']),
  version_number: integer(1).optional(),
})

const tasksQuery = z.strictObject({ order_by: z.enum(['task_id', '-task_id']).optional() })
const tagsQuery = z.strictObject({
  ...pageParameters(['name']),
  tag_name_pattern: text.optional(),
})
const statsQuery = z.strictObject({ dag_ids: list(text) })

export function dagRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/dags', async (request) => {
    const query = checked(dagsQuery, request.query)
    const { rows, total } = await listDags(
      pool,
      {
        dagIdPattern: query.dag_id_pattern ?? query.dag_display_name_pattern,
        tags: query.tags,
        tagsMatchMode: query.tags_match_mode,
        owners: query.owners,
        paused: query.paused,
        excludeStale: query.exclude_stale,
        hasImportErrors: query.has_import_errors,
        lastRunState: query.last_dag_run_state,
      },
      pageOf(query),
    )
    return { dags: rows.map(dagShape), total_entries: total }
  })

  app.get('/dags/:dag_id', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    return dagShape(await requireDag(pool, dag_id))
  })

  app.get('/dags/:dag_id/details', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const dag = await requireDag(pool, dag_id)
    return dagDetailsShape(dag, await readVersion(pool, dag_id))
  })

  app.get('/dags/:dag_id/tasks', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const { order_by } = checked(tasksQuery, request.query)
    const { graph } = await requireVersion(pool, dag_id)
    const tasks = graph.tasks.map((task) => taskShape(graph, task))
    if (order_by) tasks.sort((a, b) => (a.task_id < b.task_id ? -1 : 1))
    if (order_by === '-task_id') tasks.reverse()
    return { tasks, total_entries: tasks.length }
  })

  app.get('/dags/:dag_id/tasks/:task_id', async (request) => {
    const { dag_id, task_id } = pathOf(request, 'dag_id', 'task_id')
    const { graph } = await requireVersion(pool, dag_id)
    const task = graph.tasks.find((one) => one.taskId === task_id)
    if (!task) throw ApiError.notFound('task', { dag_id, task_id })
    return taskShape(graph, task)
  })

  app.get('/dags/:dag_id/dagVersions', async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const query = checked(versionsQuery, request.query)
    const dagId = unlessAny(dag_id)
    if (dagId !== undefined) await requireDag(pool, dagId)
    const filter = { dagId, versionNumber: query.version_number }
    const { rows, total } = await listVersions(pool, filter, pageOf(query))
    return { dag_versions: rows.map(versionShape), total_entries: total }
  })

  app.get('/dags/:dag_id/dagVersions/:version_number', async (request) => {
    const { dag_id, version_number } = pathOf(request, 'dag_id', 'version_number')
    return versionShape(await requireVersion(pool, dag_id, version_number))
  })

  app.get('/dagStats', async (request) => {
    const { dag_ids } = checked(statsQuery, request.query)
    const stats = await countRuns(pool, dag_ids ?? [])
    const dags = stats.map(({ dagId, counts }) => ({
      dag_id: dagId,
      dag_display_name: dagId,
      stats: RUN_STATES.map((state) => ({ state, count: counts[state] })),
    }))
    return { dags, total_entries: dags.length }
  })

  app.get('/dagTags', async (request) => {
    const query = checked(tagsQuery, request.query)
    const { rows, total } = await listTags(pool, query.tag_name_pattern, pageOf(query))
    return { tags: rows.map((row) => row.name), total_entries: total }
  })
}

export async function requireDag(pool: Pool, dagId: string) {
  const dag = await readDag(pool, dagId)
  if (!dag) throw ApiError.notFound('Dag', { dag_id: dagId })
  return dag
}

export async function requireVersion(pool: Pool, dagId: string, versionNumber?: number) {
  await requireDag(pool, dagId)
  const version = await readVersion(pool, dagId, versionNumber)
  if (version) return version
  throw ApiError.notFound('DagVersion', {
    dag_id: dagId,
    ...(versionNumber !== undefined && { version_number: versionNumber }),
  })
}
