import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { RUN_STATES } from '../../graph/states.ts'
import { countRuns, type DagRow, type DagStats, listDags, listTags } from '../../store/read/dags.ts'
import { listImportErrors } from '../../store/read/import-errors.ts'
import { type RecentRun, recentRuns } from '../../store/read/recent-runs.ts'
import { checked, flag, list, pageParameters, text } from '../query-schema.ts'
import { KeptAnswers } from './kept-answers.ts'

const RECENT_RUNS = 20
const MAX_TAGS = 1_000
/** Of 400,000 ended runs the count takes 200 ms, and open pages ask several times a second. */
const ENDED_KEPT_MS = 5_000

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
  const endedRuns = new KeptAnswers<DagStats[]>(ENDED_KEPT_MS)
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
    const [runs, open, ended] = await Promise.all([
      recentRuns(pool, dagIds, RECENT_RUNS),
      dagIds.length > 0 ? countRuns(pool, dagIds, 'open') : [],
      dagIds.length > 0 ? endedRuns.get(dagIds.join(), () => countRuns(pool, dagIds, 'ended')) : [],
    ])
    const openOf = new Map(open.map(({ dagId, counts }) => [dagId, counts]))
    const endedOf = new Map(ended.map(({ dagId, counts }) => [dagId, counts]))
    return {
      dags: rows.map((dag) => ({
        ...dagFields(dag),
        run_counts: countsOfRuns(openOf.get(dag.dagId), endedOf.get(dag.dagId)),
        recent_runs: runs.get(dag.dagId)?.map(recentRunShape),
      })),
      total_entries: total,
      tags: tags.rows.map(({ name }) => name),
      import_errors: errors.total,
    }
  })
}

function countsOfRuns(open?: DagStats['counts'], ended?: DagStats['counts']) {
  return {
    queued: open?.queued ?? 0,
    running: open?.running ?? 0,
    success: ended?.success ?? 0,
    failed: ended?.failed ?? 0,
  }
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
