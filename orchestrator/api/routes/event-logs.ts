import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { type AuditRow, listAuditLog } from '../../store/read/audit-log.ts'
import { ApiError } from '../api-error.ts'
import { pathOf } from '../path-schema.ts'
import { checked, date, list, pageOf, pageParameters, text } from '../query-schema.ts'

const eventLogsQuery = z.strictObject({
  ...pageParameters(['id']),
  dag_id: text.optional(),
  run_id: text.optional(),
  task_id: text.optional(),
  owner: text.optional(),
  event: text.optional(),
  included_events: list(text),
  excluded_events: list(text),
  before: date.optional(),
  after: date.optional(),
  dag_id_pattern: text.optional(),
  run_id_pattern: text.optional(),
  task_id_pattern: text.optional(),
  owner_pattern: text.optional(),
  event_pattern: text.optional(),
})

export function eventLogRoutes(app: FastifyInstance, pool: Pool): void {
  app.get('/eventLogs', async (request) => {
    const query = checked(eventLogsQuery, request.query)
    const { rows, total } = await listAuditLog(
      pool,
      {
        dagId: query.dag_id,
        runId: query.run_id,
        taskId: query.task_id,
        actor: query.owner,
        actions: query.event === undefined ? query.included_events : [query.event],
        excludedActions: query.excluded_events,
        dagIdPattern: query.dag_id_pattern,
        runIdPattern: query.run_id_pattern,
        taskIdPattern: query.task_id_pattern,
        actorPattern: query.owner_pattern,
        actionPattern: query.event_pattern,
        at: { lt: query.before, gt: query.after },
      },
      pageOf(query),
    )
    return { event_logs: rows.map(eventLogShape), total_entries: total }
  })

  app.get('/eventLogs/:event_log_id', async (request) => {
    const { event_log_id: id } = pathOf(request, 'event_log_id')
    const { rows } = await listAuditLog(pool, { id }, { limit: 1, offset: 0, orderBy: [] })
    if (!rows[0]) throw ApiError.notFound('EventLog', { event_log_id: id })
    return eventLogShape(rows[0])
  })
}

function eventLogShape(row: AuditRow) {
  return {
    event_log_id: Number(row.id),
    when: row.at,
    event: row.action,
    owner: row.actor,
    dag_id: row.dagId,
    dag_display_name: row.dagId,
    run_id: row.runId,
    task_id: row.taskId,
    task_display_name: row.taskId,
    map_index: null,
    try_number: null,
    logical_date: null,
    extra: Object.keys(row.detail).length > 0 ? JSON.stringify(row.detail) : null,
  }
}
