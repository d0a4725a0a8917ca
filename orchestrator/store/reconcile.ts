// What the reconciler asks of the store. Each call is safe at any time and from several schedulers.

import type { Pool } from '../../connections/postgres.ts'
import type { QueueEntry } from '../queue/types.ts'
import type { FinishResult } from './attempts.ts'

/**
 * Outbox rows older than `minAgeMs`, oldest first; whoever wrote them publishes the younger ones
 * itself. Not locked: two schedulers may publish the same one, which the queue takes as one job, and
 * a slow queue must not hold up a clear that deletes them.
 */
export async function unpublished(
  pool: Pool,
  { minAgeMs, limit = 1000 }: { minAgeMs: number; limit?: number },
): Promise<QueueEntry[]> {
  const { rows } = await pool.query<QueueEntry>({
    name: 'unpublished',
    text: `select o.task_instance_id as "taskInstanceId", o.try_number as "tryNumber",
             o.queue_sequence as "queueSequence", o.queue, o.priority_weight as "priorityWeight"
           from terrace.outbox o
           where o.created_at < clock_timestamp() - make_interval(secs => $1)
           order by o.created_at, o.task_instance_id, o.try_number, o.queue_sequence
           limit $2`,
    values: [minAgeMs / 1000, limit],
  })
  return rows
}

/** Retries and reschedules that are due, and whatever waits in a pool with room. */
export async function scheduleDue(pool: Pool): Promise<QueueEntry[]> {
  const { rows } = await pool.query<{ queued: QueueEntry[] }>({
    name: 'schedule_due',
    text: 'select terrace.schedule_due() as queued',
  })
  return rows[0]!.queued
}

export interface TakenAttempts extends FinishResult {
  /** False for what ran on a process that a person ended at once. */
  isLoss: boolean
}

/**
 * Takes running attempts from processes whose lease ran out or that ended, one process at a time. A worker
 * that is silent and whose connection is gone has ended too; that counts only for who has watched long
 * enough to know that the silence is not the database's.
 */
export async function loseAttempts(
  pool: Pool,
  { watchedSeconds = 0 }: { watchedSeconds?: number } = {},
): Promise<TakenAttempts[]> {
  const { rows } = await pool.query<{ process_id: string; attempts: { outcome: string }[] }>({
    name: 'lose_processes',
    text: 'select process_id, attempts from terrace.lose_processes($1)',
    values: [watchedSeconds],
  })
  const results: TakenAttempts[] = []
  for (const { process_id, attempts } of rows) {
    const finished = await pool.query<{ result: FinishResult }>({
      name: 'finish_attempts',
      text: 'select terrace.finish_attempts($1, $2) as result',
      values: [process_id, JSON.stringify(attempts)],
    })
    const isLoss = attempts.some(({ outcome }) => outcome === 'lost')
    results.push({ ...finished.rows[0]!.result, isLoss })
  }
  return results
}

/** The attempts that have waited unclaimed for longest, and for longer than `graceMs`. */
export async function longUnclaimed(
  pool: Pool,
  { graceMs, limit = 200 }: { graceMs: number; limit?: number },
): Promise<QueueEntry[]> {
  const { rows } = await pool.query<QueueEntry>({
    name: 'long_unclaimed',
    text: `select t.id as "taskInstanceId", t.try_number as "tryNumber",
             t.queue_sequence as "queueSequence", t.queue, t.priority_weight as "priorityWeight"
           from terrace.task_instance t
           where t.state = 'queued' and coalesce(t.requeued_at, t.queued_at)
             < clock_timestamp() - make_interval(secs => $1)
           order by coalesce(t.requeued_at, t.queued_at), t.id limit $2`,
    values: [graceMs / 1000, limit],
  })
  return rows
}

/** Puts attempts that the queue has lost into the outbox again, under their next sequence. */
export async function requeueAttempts(
  pool: Pool,
  entries: readonly QueueEntry[],
): Promise<QueueEntry[]> {
  const { rows } = await pool.query<{ queued: QueueEntry[] }>({
    name: 'requeue_attempts',
    text: 'select terrace.requeue_attempts($1, $2, $3) as queued',
    values: [
      entries.map((e) => e.taskInstanceId),
      entries.map((e) => e.tryNumber),
      entries.map((e) => e.queueSequence),
    ],
  })
  return rows[0]!.queued
}

/** Safety net for runs that were left behind; returns how many it looked into. */
export async function sweepRuns(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>({
    name: 'sweep_runs',
    text: 'select terrace.sweep_runs() as n',
  })
  return rows[0]!.n
}

/** Fails runs past their time limit; returns their ids. */
export async function timeOutRuns(pool: Pool): Promise<{ dagId: string; runId: string }[]> {
  const { rows } = await pool.query<{ dagId: string; runId: string }>({
    name: 'time_out_runs',
    text: 'select dag_id as "dagId", run_id as "runId" from terrace.time_out_runs()',
  })
  return rows
}
