import type { Pool } from '../../../connections/postgres.ts'
import type { TaskState } from '../../graph/states.ts'
import type { TriggerRule } from '../../graph/trigger-rules.ts'
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

export interface TaskInstanceRow {
  id: string
  dagId: string
  runId: string
  taskId: string
  mapIndex: number
  state: TaskState
  tryNumber: number
  maxTries: number
  logicalDate: Date | null
  runAfter: Date
  startedAt: Date | null
  endedAt: Date | null
  /** Seconds; null until the attempt has ended. */
  duration: number | null
  queuedAt: Date | null
  scheduledAt: Date | null
  dueAt: Date | null
  pool: string
  poolSlots: number
  queue: string
  priorityWeight: number
  triggerRule: TriggerRule
  nUpstream: number
  nSuccess: number
  nFailed: number
  nSkipped: number
  nUpstreamFailed: number
  nRemoved: number
  error: string | null
  note: string | null
  hostname: string | null
  pid: number | null
  versionId: string
  versionNumber: number
  versionCreatedAt: Date
}

export interface TaskInstanceFilter {
  ids?: string[] | undefined
  dagId?: string | undefined
  runId?: string | undefined
  taskId?: string | undefined
  dagIdPattern?: string | undefined
  runIdPattern?: string | undefined
  taskIdPattern?: string | undefined
  poolPattern?: string | undefined
  queuePattern?: string | undefined
  states?: string[] | undefined
  pools?: string[] | undefined
  queues?: string[] | undefined
  mapIndexes?: number[] | undefined
  tryNumbers?: number[] | undefined
  versionNumbers?: number[] | undefined
  runAfter?: Range<Date> | undefined
  logicalDate?: Range<Date> | undefined
  startDate?: Range<Date> | undefined
  endDate?: Range<Date> | undefined
  duration?: Range<number> | undefined
}

const DURATION = 'extract(epoch from t.ended_at - t.started_at)::float8'

const ORDER = {
  id: 't.id',
  state: 't.state',
  duration: DURATION,
  start_date: 't.started_at',
  end_date: 't.ended_at',
  task_id: 't.task_id',
  dag_id: 't.dag_id',
  run_id: 'r.run_id',
  map_index: 't.map_index',
  rendered_map_index: 't.map_index',
  try_number: 't.try_number',
  logical_date: 'r.logical_date',
  run_after: 'r.run_after',
  data_interval_start: 'r.data_interval_start',
  data_interval_end: 'r.data_interval_end',
  queued_when: 't.queued_at',
  scheduled_when: 't.scheduled_at',
  /** Topological, as the graph has it. */
  position: 'k.position',
}

/** Of the process that has it, else of the one that had it last. */
const WHERE_IT_RAN = (column: 'hostname' | 'pid') =>
  `coalesce(p.${column}, (select q.${column} from terrace.task_attempt a
     join terrace.process q on q.id = a.process_id
     where a.task_instance_id = t.id order by a.fence desc limit 1))`

function selectTaskInstances() {
  return sql('terrace.task_instance as t')
    .join('terrace.dag_run as r', 'r.id', 't.dag_run_id')
    .join('terrace.dag_version as v', 'v.id', 't.dag_version_id')
    .leftJoin('terrace.dag_task as k', function onTask() {
      this.on('k.dag_version_id', 't.dag_version_id').andOn('k.task_id', 't.task_id')
    })
    .leftJoin('terrace.process as p', 'p.id', 't.process_id')
    .select(
      't.id',
      't.dag_id as dagId',
      'r.run_id as runId',
      't.task_id as taskId',
      't.map_index as mapIndex',
      't.state',
      't.try_number as tryNumber',
      't.max_tries as maxTries',
      'r.logical_date as logicalDate',
      'r.run_after as runAfter',
      't.started_at as startedAt',
      't.ended_at as endedAt',
      sql.raw(`${DURATION} as duration`),
      't.queued_at as queuedAt',
      't.scheduled_at as scheduledAt',
      't.run_after as dueAt',
      't.pool',
      't.pool_slots as poolSlots',
      't.queue',
      't.priority_weight as priorityWeight',
      't.trigger_rule as triggerRule',
      't.n_upstream as nUpstream',
      't.n_success as nSuccess',
      't.n_failed as nFailed',
      't.n_skipped as nSkipped',
      't.n_upstream_failed as nUpstreamFailed',
      't.n_removed as nRemoved',
      't.error',
      't.note',
      sql.raw(`${WHERE_IT_RAN('hostname')} as hostname`),
      sql.raw(`${WHERE_IT_RAN('pid')} as pid`),
      'v.id as versionId',
      'v.version_number as versionNumber',
      'v.created_at as versionCreatedAt',
    )
}

export async function listTaskInstances(
  pool: Pool,
  filter: TaskInstanceFilter,
  page: Page,
): Promise<Listed<TaskInstanceRow>> {
  const query = selectTaskInstances()
  if (filter.dagId !== undefined) query.where('t.dag_id', filter.dagId)
  if (filter.runId !== undefined) query.where('r.run_id', filter.runId)
  if (filter.taskId !== undefined) query.where('t.task_id', filter.taskId)
  wherePattern(query, 't.dag_id', filter.dagIdPattern)
  wherePattern(query, 'r.run_id', filter.runIdPattern)
  wherePattern(query, 't.task_id', filter.taskIdPattern)
  wherePattern(query, 't.pool', filter.poolPattern)
  wherePattern(query, 't.queue', filter.queuePattern)
  if (filter.ids) query.whereRaw('t.id = any (?)', [filter.ids])
  whereIn(query, 't.state', filter.states)
  whereIn(query, 't.pool', filter.pools)
  whereIn(query, 't.queue', filter.queues)
  whereIn(query, 't.map_index', filter.mapIndexes)
  whereIn(query, 't.try_number', filter.tryNumbers)
  whereIn(query, 'v.version_number', filter.versionNumbers)
  whereRange(query, 'r.run_after', filter.runAfter)
  whereRange(query, 'r.logical_date', filter.logicalDate)
  whereRange(query, 't.started_at', filter.startDate)
  whereRange(query, 't.ended_at', filter.endDate)
  whereRange(query, DURATION, filter.duration)
  return fetchPage(pool, query, page, ORDER, 'k.position, t.id')
}

export async function readTaskInstance(
  pool: Pool,
  key: { dagId: string; runId: string; taskId: string; mapIndex?: number },
): Promise<TaskInstanceRow | null> {
  const query = selectTaskInstances().where({
    't.dag_id': key.dagId,
    'r.run_id': key.runId,
    't.task_id': key.taskId,
    't.map_index': key.mapIndex ?? -1,
  })
  return (await fetchRows<TaskInstanceRow>(pool, query))[0] ?? null
}
