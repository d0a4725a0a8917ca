import type { Pool } from '../../../connections/postgres.ts'
import type { Json } from '../../graph/serialized-dag.ts'
import {
  fetchPage,
  type Listed,
  type Page,
  type Range,
  sql,
  whereIn,
  wherePattern,
  whereRange,
} from './page.ts'

export interface AuditRow {
  id: string
  at: Date
  actor: string
  action: string
  dagId: string | null
  runId: string | null
  taskId: string | null
  detail: { [key: string]: Json }
}

export interface AuditFilter {
  id?: number | undefined
  dagId?: string | undefined
  runId?: string | undefined
  taskId?: string | undefined
  actor?: string | undefined
  actions?: string[] | undefined
  excludedActions?: string[] | undefined
  dagIdPattern?: string | undefined
  runIdPattern?: string | undefined
  taskIdPattern?: string | undefined
  actorPattern?: string | undefined
  actionPattern?: string | undefined
  at?: Range<Date> | undefined
}

export async function listAuditLog(
  pool: Pool,
  filter: AuditFilter,
  page: Page,
): Promise<Listed<AuditRow>> {
  const query = sql('terrace.audit_log as l').select(
    'l.id',
    'l.at',
    'l.actor',
    'l.action',
    'l.dag_id as dagId',
    'l.run_id as runId',
    'l.task_id as taskId',
    'l.detail',
  )
  const exact = {
    id: filter.id,
    dag_id: filter.dagId,
    run_id: filter.runId,
    task_id: filter.taskId,
    actor: filter.actor,
  }
  for (const [column, value] of Object.entries(exact)) {
    if (value !== undefined) query.where(`l.${column}`, value)
  }
  whereIn(query, 'l.action', filter.actions)
  if (filter.excludedActions?.length) {
    query.whereRaw('l.action <> all (?)', [filter.excludedActions])
  }
  wherePattern(query, 'l.dag_id', filter.dagIdPattern)
  wherePattern(query, 'l.run_id', filter.runIdPattern)
  wherePattern(query, 'l.task_id', filter.taskIdPattern)
  wherePattern(query, 'l.actor', filter.actorPattern)
  wherePattern(query, 'l.action', filter.actionPattern)
  whereRange(query, 'l.at', filter.at)
  const order = {
    id: 'l.id',
    event_log_id: 'l.id',
    dttm: 'l.at',
    when: 'l.at',
    dag_id: 'l.dag_id',
    task_id: 'l.task_id',
    run_id: 'l.run_id',
    event: 'l.action',
    owner: 'l.actor',
    extra: 'l.detail',
  }
  return fetchPage(pool, query, page, order, 'l.id')
}
