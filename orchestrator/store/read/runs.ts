import type { Pool } from '../../../connections/postgres.ts'
import type { Json } from '../../graph/serialized-dag.ts'
import type { RunState, RunType } from '../../graph/states.ts'
import {
  fetchPage,
  fetchRows,
  type Listed,
  type Page,
  type Range,
  sql,
  whereIn,
  wherePattern,
  whereRange,
} from './page.ts'

export interface RunRow {
  id: string
  dagId: string
  runId: string
  runType: RunType
  state: RunState
  triggeredBy: string
  triggeringUser: string | null
  logicalDate: Date | null
  dataIntervalStart: Date | null
  dataIntervalEnd: Date | null
  runAfter: Date
  conf: { [key: string]: Json }
  note: string | null
  queuedAt: Date
  startedAt: Date | null
  endedAt: Date | null
  /** Seconds; null until the run has ended. */
  duration: number | null
  versionId: string
  versionNumber: number
  versionCreatedAt: Date
}

export interface RunFilter {
  dagId?: string | undefined
  runId?: string | undefined
  dagIdPattern?: string | undefined
  runIdPattern?: string | undefined
  triggeringUserPattern?: string | undefined
  states?: string[] | undefined
  runTypes?: string[] | undefined
  versionNumbers?: number[] | undefined
  runAfter?: Range<Date> | undefined
  logicalDate?: Range<Date> | undefined
  startDate?: Range<Date> | undefined
  endDate?: Range<Date> | undefined
  duration?: Range<number> | undefined
}

const DURATION = 'extract(epoch from r.ended_at - r.started_at)::float8'

const ORDER = {
  id: 'r.id',
  state: 'r.state',
  dag_id: 'r.dag_id',
  run_id: 'r.run_id',
  dag_run_id: 'r.run_id',
  run_type: 'r.run_type',
  logical_date: 'r.logical_date',
  run_after: 'r.run_after',
  queued_at: 'r.queued_at',
  start_date: 'r.started_at',
  end_date: 'r.ended_at',
  updated_at: 'coalesce(r.ended_at, r.started_at, r.queued_at)',
  conf: 'r.conf',
  duration: DURATION,
}

function selectRuns() {
  return sql('terrace.dag_run as r')
    .join('terrace.dag_version as v', 'v.id', 'r.dag_version_id')
    .select(
      'r.id',
      'r.dag_id as dagId',
      'r.run_id as runId',
      'r.run_type as runType',
      'r.state',
      'r.triggered_by as triggeredBy',
      'r.triggering_user as triggeringUser',
      'r.logical_date as logicalDate',
      'r.data_interval_start as dataIntervalStart',
      'r.data_interval_end as dataIntervalEnd',
      'r.run_after as runAfter',
      'r.conf',
      'r.note',
      'r.queued_at as queuedAt',
      'r.started_at as startedAt',
      'r.ended_at as endedAt',
      sql.raw(`${DURATION} as duration`),
      'v.id as versionId',
      'v.version_number as versionNumber',
      'v.created_at as versionCreatedAt',
    )
}

export async function listRuns(pool: Pool, filter: RunFilter, page: Page): Promise<Listed<RunRow>> {
  const query = selectRuns()
  if (filter.dagId !== undefined) query.where('r.dag_id', filter.dagId)
  if (filter.runId !== undefined) query.where('r.run_id', filter.runId)
  wherePattern(query, 'r.dag_id', filter.dagIdPattern)
  wherePattern(query, 'r.run_id', filter.runIdPattern)
  wherePattern(query, 'r.triggering_user', filter.triggeringUserPattern)
  whereIn(query, 'r.state', filter.states)
  whereIn(query, 'r.run_type', filter.runTypes)
  whereIn(query, 'v.version_number', filter.versionNumbers)
  whereRange(query, 'r.run_after', filter.runAfter)
  whereRange(query, 'r.logical_date', filter.logicalDate)
  whereRange(query, 'r.started_at', filter.startDate)
  whereRange(query, 'r.ended_at', filter.endDate)
  whereRange(query, DURATION, filter.duration)
  return fetchPage(pool, query, page, ORDER, 'r.id')
}

export async function readRun(pool: Pool, dagId: string, runId: string): Promise<RunRow | null> {
  const query = selectRuns().where({ 'r.dag_id': dagId, 'r.run_id': runId })
  return (await fetchRows<RunRow>(pool, query))[0] ?? null
}

/** The latest run ids of a DAG, for a message about one that does not exist. */
export async function recentRunIds(pool: Pool, dagId: string): Promise<string[]> {
  const { rows } = await pool.query<{ run_id: string }>(
    `select run_id from terrace.dag_run where dag_id = $1 order by run_after desc, id desc limit 200`,
    [dagId],
  )
  return rows.map((row) => row.run_id)
}
