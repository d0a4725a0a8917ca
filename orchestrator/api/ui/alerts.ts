// What Airflow's API lacks: the alerts, newest first, and whether they go to a chat.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { alertTitle } from '../../alerts/alert-title.ts'
import { type AlertRow, listAlerts, telegramSetting } from '../../store/read/alerts.ts'
import { checked, list, pageParameters, text } from '../query-schema.ts'

const { limit, offset } = pageParameters([])
const alertsQuery = z.strictObject({
  limit,
  offset,
  dag_id: text.optional(),
  dag_run_id: text.optional(),
  kind: list(text),
  state: list(text),
})

export function alertRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/alerts', async (request) => {
    const query = checked(alertsQuery, request.query)
    const filter = {
      dagId: query.dag_id,
      runId: query.dag_run_id,
      kinds: query.kind,
      states: query.state,
    }
    const [{ rows, total }, telegram] = await Promise.all([
      listAlerts(pool, filter, query),
      telegramSetting(pool),
    ])
    return { alerts: rows.map(alertShape), total_entries: total, telegram }
  })
}

function alertShape(alert: AlertRow) {
  return {
    id: alert.id,
    at: alert.at,
    kind: alert.kind,
    code: alert.code,
    dag_id: alert.dagId,
    run_id: alert.runId,
    task_id: alert.taskId,
    map_index: alert.mapIndex,
    try_number: alert.tryNumber,
    file_path: alert.filePath,
    title: alertTitle(alert),
    error: alert.error,
    state: alert.state,
    sent_at: alert.sentAt,
    attempts: alert.attempts,
    last_problem: alert.lastProblem,
  }
}
