// What the page shows, in one answer: so that a refresh is one request and all of it is of one moment.

import type { EngineReport } from '../../connections/engines/types.ts'
import type { Pool } from '../../connections/postgres.ts'
import { countRuns, listDags } from '../store/read/dags.ts'
import { listImportErrors } from '../store/read/import-errors.ts'
import { listJobs } from '../store/read/processes.ts'
import { listRuns } from '../store/read/runs.ts'
import { versionOfTerrace } from '../version.ts'
import { apiErrorOf } from './api-error.ts'

const MAX_DAGS = 500
const MAX_RUNS = 40
const ENGINES_KEPT_MS = 10_000

export type InspectEngines = () => Promise<EngineReport[]>

/** Asks the engines at most every few seconds, however many pages are open. */
export function keepReports(inspect: InspectEngines, now: () => number): InspectEngines {
  let kept: { at: number; reports: Promise<EngineReport[]> } | null = null
  return () => {
    if (!kept || now() - kept.at > ENGINES_KEPT_MS) {
      kept = { at: now(), reports: inspect().catch(() => []) }
    }
    return kept.reports
  }
}

export async function readStatus(pool: Pool, inspect: InspectEngines) {
  const [engines, metadata] = await Promise.all([
    inspect(),
    readMetadata(pool).then(
      (found) => ({ problem: null, ...found }),
      (error: unknown) => ({ problem: apiErrorOf(error).message, ...NOTHING }),
    ),
  ])
  return { version: versionOfTerrace(), engines, ...metadata }
}

const NOTHING = { dags: [], runs: [], processes: [], import_errors: [], total_dags: 0 }

async function readMetadata(pool: Pool) {
  const [dags, counts, runs, jobs, errors] = await Promise.all([
    listDags(pool, { excludeStale: true }, { limit: MAX_DAGS, offset: 0, orderBy: ['dag_id'] }),
    countRuns(pool, []),
    listRuns(pool, {}, { limit: MAX_RUNS, offset: 0, orderBy: ['-queued_at'] }),
    listJobs(
      pool,
      { states: ['running', 'draining', 'lost'] },
      {
        limit: 50,
        offset: 0,
        orderBy: ['-start_date'],
      },
    ),
    listImportErrors(pool, {}, { limit: 50, offset: 0, orderBy: ['filename'] }),
  ])
  const countsOf = new Map(counts.map((one) => [one.dagId, one.counts]))
  return {
    total_dags: dags.total,
    dags: dags.rows.map((dag) => ({
      dag_id: dag.dagId,
      description: dag.description,
      schedule: dag.scheduleSummary,
      is_paused: dag.isPaused,
      has_import_errors: dag.hasImportErrors,
      next_run_after: dag.nextRunAfter,
      last_run_state: dag.lastRunState,
      counts: countsOf.get(dag.dagId) ?? {},
    })),
    runs: runs.rows.map((run) => ({
      dag_id: run.dagId,
      run_id: run.runId,
      run_type: run.runType,
      state: run.state,
      run_after: run.runAfter,
      started_at: run.startedAt,
      duration: run.duration,
    })),
    processes: jobs.rows.map((job) => ({
      kind: job.kind,
      hostname: job.hostname,
      pid: job.pid,
      state: job.isAlive ? job.state : 'lost',
      last_heartbeat: job.lastHeartbeat,
    })),
    import_errors: errors.rows.map((row) => ({
      file: row.filePath,
      line: row.line,
      message: row.message,
    })),
  }
}
