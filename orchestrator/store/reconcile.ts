// What the reconciler asks of the store. Each call is safe at any time and from several schedulers.

import { inTransaction, type Pool } from '../../connections/postgres.ts'
import type { QueueEntry } from '../queue/types.ts'
import type { FinishResult } from './attempts.ts'

/**
 * Publishes outbox rows older than `minAgeMs` (the worker that wrote them publishes the younger ones
 * itself) and deletes them when `publish` has resolved. Rows another scheduler holds are left to it.
 *
 * @returns how many were published.
 */
export async function drainOutbox(
  pool: Pool,
  publish: (entries: QueueEntry[]) => Promise<void>,
  { minAgeMs, limit = 1000 }: { minAgeMs: number; limit?: number },
): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<QueueEntry>({
      name: 'drain_outbox',
      text: `delete from terrace.outbox o using (
               select task_instance_id, try_number, queue_sequence from terrace.outbox
               where created_at < clock_timestamp() - make_interval(secs => $1)
               order by created_at, task_instance_id, try_number, queue_sequence
               limit $2 for update skip locked) x
             where o.task_instance_id = x.task_instance_id and o.try_number = x.try_number
               and o.queue_sequence = x.queue_sequence
             returning o.task_instance_id as "taskInstanceId", o.try_number as "tryNumber",
               o.queue_sequence as "queueSequence", o.queue, o.priority_weight as "priorityWeight"`,
      values: [minAgeMs / 1000, limit],
    })
    if (rows.length > 0) await publish(rows)
    return rows.length
  })
}

/** Retries and reschedules that are due, and whatever waits in a pool with room. */
export async function scheduleDue(pool: Pool): Promise<QueueEntry[]> {
  const { rows } = await pool.query<{ queued: QueueEntry[] }>({
    name: 'schedule_due',
    text: 'select terrace.schedule_due() as queued',
  })
  return rows[0]!.queued
}

/** Takes running attempts from processes whose lease ran out or that ended. */
export async function loseAttempts(pool: Pool): Promise<FinishResult[]> {
  const { rows } = await pool.query<{ result: FinishResult }>({
    name: 'lose_attempts',
    text: 'select terrace.lose_attempts() as result',
  })
  return rows.map((row) => row.result)
}

/** Queued attempts that wait unclaimed for longer than `graceMs`, per queue. */
export async function countUnclaimed(pool: Pool, graceMs: number): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ queue: string; n: number }>({
    name: 'count_unclaimed',
    text: `select queue, count(*)::int as n from terrace.task_instance
           where state = 'queued' and coalesce(requeued_at, queued_at)
             < clock_timestamp() - make_interval(secs => $1)
           group by queue`,
    values: [graceMs / 1000],
  })
  return new Map(rows.map((row) => [row.queue, row.n]))
}

/** Puts up to `limit` of them into the outbox again under their next sequence. */
export async function requeueUnclaimed(
  pool: Pool,
  { graceMs, queue, limit = 1000 }: { graceMs: number; queue: string; limit?: number },
): Promise<QueueEntry[]> {
  const { rows } = await pool.query<{ queued: QueueEntry[] }>({
    name: 'requeue_unclaimed',
    text: 'select terrace.requeue_unclaimed($1, make_interval(secs => $2), $3) as queued',
    values: [queue, graceMs / 1000, limit],
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
