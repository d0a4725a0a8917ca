import type { Pool } from '../../../connections/postgres.ts'
import type { AlertKind, AlertState } from '../alerts.ts'
import { fetchPage, type Listed, type Page, sql, whereIn } from './page.ts'

export interface AlertRow {
  id: string
  at: Date
  kind: AlertKind
  code: string | null
  dagId: string | null
  runId: string | null
  taskId: string | null
  mapIndex: number | null
  tryNumber: number | null
  filePath: string | null
  error: string
  state: AlertState
  attempts: number
  lastProblem: string | null
  sentAt: Date | null
}

export interface AlertFilter {
  dagId?: string | undefined
  runId?: string | undefined
  kinds?: string[] | undefined
  states?: string[] | undefined
}

/** Newest first. */
export async function listAlerts(
  pool: Pool,
  filter: AlertFilter,
  page: Pick<Page, 'limit' | 'offset'>,
): Promise<Listed<AlertRow>> {
  const query = sql('terrace.alert as a').select(
    'a.id',
    'a.at',
    'a.kind',
    'a.code',
    'a.dag_id as dagId',
    'a.run_id as runId',
    'a.task_id as taskId',
    'a.map_index as mapIndex',
    'a.try_number as tryNumber',
    'a.file_path as filePath',
    'a.error',
    'a.state',
    'a.attempts',
    'a.last_problem as lastProblem',
    'a.sent_at as sentAt',
  )
  if (filter.dagId !== undefined) query.where('a.dag_id', filter.dagId)
  if (filter.runId !== undefined) query.where('a.run_id', filter.runId)
  whereIn(query, 'a.kind', filter.kinds)
  whereIn(query, 'a.state', filter.states)
  return fetchPage(pool, query, { ...page, orderBy: [] }, {}, 'a.at desc, a.id desc')
}

/** Whether the scheduler that started last has a chat to send alerts to. */
export async function telegramSetting(pool: Pool): Promise<'on' | 'off'> {
  const { rows } = await pool.query<{ value: 'on' | 'off' }>(
    `select value #>> '{}' as value from terrace.setting where key = 'telegram'`,
  )
  return rows[0]?.value ?? 'off'
}
