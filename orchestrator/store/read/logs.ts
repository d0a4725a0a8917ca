import type { Pool } from '../../../connections/postgres.ts'
import type { LogLine } from '../attempts.ts'

export type LogRow = Pick<LogLine, 'lineNumber' | 'level' | 'stream' | 'message' | 'fields'> & {
  loggedAt: Date
}

/** The lines of an attempt after line `afterLine`, at most `limit` of them. */
export async function readLogs(
  pool: Pool,
  taskInstanceId: string,
  tryNumber: number,
  afterLine: number,
  limit: number,
): Promise<LogRow[]> {
  const { rows } = await pool.query<LogRow>(
    `select line_number as "lineNumber", logged_at as "loggedAt", level, stream, message, fields
     from terrace.task_log
     where task_instance_id = $1 and try_number = $2 and line_number > $3
     order by line_number limit $4`,
    [taskInstanceId, tryNumber, afterLine, limit],
  )
  return rows
}

/** The attempts that have log lines; more than those in the instance's history when it was cleared. */
export async function triesWithLogs(pool: Pool, taskInstanceId: string): Promise<number[]> {
  const { rows } = await pool.query<{ try_number: number }>(
    `select distinct try_number from terrace.task_log where task_instance_id = $1 order by 1`,
    [taskInstanceId],
  )
  return rows.map((row) => row.try_number)
}
