import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import type { SerializedTask } from '../../graph/serialized-dag.ts'
import { listVersions } from '../../store/read/dags.ts'
import { pathOf } from '../path-schema.ts'
import { checked, integer } from '../query-schema.ts'
import { requireDag, requireVersion } from '../routes/dags.ts'
import { DAG } from './paths.ts'

const MAX_VERSIONS = 200

const graphQuery = z.strictObject({ version: integer(1).optional() })

export function graphRoutes(app: FastifyInstance, pool: Pool): void {
  app.get(`${DAG}/graph`, async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const query = checked(graphQuery, request.query)
    const [dag, version, versions] = await Promise.all([
      requireDag(pool, dag_id),
      requireVersion(pool, dag_id, query.version),
      listVersions(
        pool,
        { dagId: dag_id },
        { limit: MAX_VERSIONS, offset: 0, orderBy: ['-version_number'] },
      ),
    ])
    return {
      dag_id,
      version_number: version.versionNumber,
      versions: versions.rows.map(({ versionNumber, createdAt }) => ({
        version_number: versionNumber,
        created_at: createdAt,
      })),
      file_path: dag.filePath,
      source: version.source,
      tasks: version.graph.tasks.map(taskShape),
      edges: version.graph.edges,
    }
  })
}

/** Times in seconds. */
function taskShape(task: SerializedTask) {
  return {
    task_id: task.taskId,
    trigger_rule: task.triggerRule,
    kind: task.kind,
    retries: task.retries,
    retry_delay: task.retryDelayMs / 1_000,
    timeout: task.timeoutMs === null ? null : task.timeoutMs / 1_000,
    pool: task.pool,
    queue: task.queue,
    doc: task.doc,
  }
}
