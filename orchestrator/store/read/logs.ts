import type { Pool } from '../../../connections/postgres.ts'
import type { AttemptOutcome, LogLine } from '../attempts.ts'

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

export type AttemptEnd = AttemptOutcome | 'lost' | 'deferred' | 'removed'

/**
 * How an attempt ended, `removed` when its task instance is gone; null while it has not. All of its
 * lines were written before.
 */
export async function readAttemptEnd(
  pool: Pool,
  taskInstanceId: string,
  tryNumber: number,
): Promise<AttemptEnd | null> {
  const { rows } = await pool.query<{ outcome: AttemptEnd | null }>(
    // An attempt that was cleared before it ran is followed by another and has no end of its own.
    `select coalesce(
              (select a.outcome::text from terrace.task_attempt a
               where a.task_instance_id = t.id and a.try_number = $2
               order by a.fence desc limit 1),
              case when t.try_number > $2 then 'cancelled' end) as outcome
     from terrace.task_instance t where t.id = $1`,
    [taskInstanceId, tryNumber],
  )
  return rows[0] ? rows[0].outcome : 'removed'
}
