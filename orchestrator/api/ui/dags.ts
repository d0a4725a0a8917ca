import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { RUN_STATES } from '../../graph/states.ts'
import { countRuns, type DagRow, listDags, listTags } from '../../store/read/dags.ts'
import { listImportErrors } from '../../store/read/import-errors.ts'
import { type RecentRun, recentRuns } from '../../store/read/recent-runs.ts'
import { checked, flag, list, pageParameters, text } from '../query-schema.ts'

const RECENT_RUNS = 20
const MAX_TAGS = 1_000

const { limit, offset } = pageParameters([])
const dagsQuery = z.strictObject({
  limit,
  offset,
  search: text.optional(),
  tag: list(text),
  paused: flag.optional(),
  state: z.enum(RUN_STATES).optional(),
})

export function dagListRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/dags', async (request) => {
    const query = checked(dagsQuery, request.query)
    const filter = {
      search: query.search?.trim(),
      tags: query.tag,
      paused: query.paused,
      lastRunState: query.state,
      excludeStale: true,
    }
    const page = { limit: query.limit, offset: query.offset, orderBy: ['dag_id'] }
    const [{ rows, total }, tags, errors] = await Promise.all([
      listDags(pool, filter, page),
      listTags(pool, undefined, { limit: MAX_TAGS, offset: 0, orderBy: [] }),
      listImportErrors(pool, {}, { limit: 0, offset: 0, orderBy: [] }),
    ])
    const dagIds = rows.map((dag) => dag.dagId)
    const [runs, stats] = await Promise.all([
      recentRuns(pool, dagIds, RECENT_RUNS),
      dagIds.length > 0 ? countRuns(pool, dagIds) : [],
    ])
    const countsOf = new Map(stats.map(({ dagId, counts }) => [dagId, counts]))
    return {
      dags: rows.map((dag) => ({
        ...dagFields(dag),
        run_counts: countsOf.get(dag.dagId),
        recent_runs: runs.get(dag.dagId)?.map(recentRunShape),
      })),
      total_entries: total,
      tags: tags.rows.map(({ name }) => name),
      import_errors: errors.total,
    }
  })
}

function dagFields(dag: DagRow) {
  return {
    dag_id: dag.dagId,
    description: dag.description,
    is_paused: dag.isPaused,
    is_stale: dag.isStale,
    tags: dag.tags,
    owners: dag.owners,
    schedule: dag.scheduleSummary,
    next_run_after: dag.nextRunAfter,
    file_path: dag.filePath,
    has_import_errors: dag.hasImportErrors,
  }
}

export function recentRunShape(run: RecentRun) {
  return {
    run_id: run.runId,
    state: run.state,
    run_type: run.runType,
    run_after: run.runAfter,
    start_date: run.startedAt,
    end_date: run.endedAt,
    duration: run.duration,
  }
}
