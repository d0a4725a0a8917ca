// What a worker does to task instances: claim, log, finish, release. Every write carries the fence
// of its attempt; a write with an old fence changes nothing and is reported as refused.

import type { Pool } from '../../connections/postgres.ts'
import { storableJson } from '../../connections/postgres-text.ts'
import type { FailureKind } from '../graph/retry.ts'
import type { Json } from '../graph/serialized-dag.ts'
import type { RunType } from '../graph/states.ts'
import type { QueueEntry } from '../queue/types.ts'

/** What a worker needs to run an attempt. Dates are ISO 8601 in UTC. */
export interface ClaimedAttempt {
  taskInstanceId: string
  dagId: string
  runId: string
  dagRunId: string
  taskId: string
  mapIndex: number
  tryNumber: number
  maxTries: number
  nFailures: number
  /** How often its worker died while it ran. */
  nLosses: number
  fence: number
  queue: string
  dagVersionId: string
  filePath: string
  codeHash: string
  runType: RunType
  logicalDate: string | null
  dataIntervalStart: string | null
  dataIntervalEnd: string | null
  runAfter: string
  conf: { [key: string]: Json }
  /** Outputs of the upstreams that the task's arguments refer to; one that has none is missing. */
  inputs: { [taskId: string]: Json }
  triggeringAssetEvents: { asset: string; extra: { [key: string]: Json }; createdAt: string }[]
}

export type AttemptOutcome =
  | 'success'
  | 'failed'
  | 'skipped'
  | 'up_for_retry'
  | 'up_for_reschedule'
  | 'cancelled'
  | 'released'

/** How an attempt ended. `cancelled` ends as failed; `released` (drain) goes back to the queue. */
export interface FinishedAttempt {
  taskInstanceId: string
  fence: number
  outcome: AttemptOutcome
  /** JSON text of the output; null for none. */
  output: string | null
  error: string | null
  /** Which kind of failure it was, for its alert. */
  failureCode?: FailureKind
  /** For `up_for_retry` and `up_for_reschedule`: how long until it is due, in ms. */
  delayMs: number | null
  /** Tasks to skip whatever their trigger rule (shortCircuit: everything below). */
  skipTaskIds: string[]
  /** Assets that a success updates, and what to say about each update. */
  assetEvents: { asset: string; extra: { [key: string]: Json } }[]
  codeHash: string | null
  /** Take the one dependent that became ready along, without a trip through the queue. */
  continueHere: boolean
}

export interface FinishResult {
  /** Task instances whose fence was old: somebody else has them, nothing was written. */
  refused: string[]
  /** To publish now; they are in the outbox too. */
  queued: QueueEntry[]
  /** Already claimed for this worker. */
  continued: ClaimedAttempt[]
  endedRuns: { dagRunId: string; dagId: string; runId: string; state: 'success' | 'failed' }[]
}

/**
 * Claims attempts for a worker whose lease is alive: queued → running, fence + 1. Entries that
 * somebody else claimed, that were cleared, or whose attempt is over are left out of the result; so
 * are those whose row is locked right now, which `attemptsStillQueued` tells from them.
 */
export async function claimAttempts(
  pool: Pool,
  processId: string,
  entries: readonly Pick<QueueEntry, 'taskInstanceId' | 'tryNumber'>[],
): Promise<ClaimedAttempt[]> {
  const { rows } = await pool.query<{ claimed: ClaimedAttempt[] }>({
    name: 'claim_attempts',
    text: 'select terrace.claim_attempts($1, $2, $3) as claimed',
    values: [processId, entries.map((e) => e.taskInstanceId), entries.map((e) => e.tryNumber)],
  })
  return rows[0]!.claimed
}

/** Those of the entries whose attempts nobody has claimed yet, by their task instances' ids. */
export async function attemptsStillQueued(
  pool: Pool,
  entries: readonly Pick<QueueEntry, 'taskInstanceId' | 'tryNumber'>[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'attempts_still_queued',
    text: `select t.id from unnest($1::uuid[], $2::int[]) as e(id, try_number)
           join terrace.task_instance t on t.id = e.id and t.try_number = e.try_number
           where t.state = 'queued'`,
    values: [entries.map((e) => e.taskInstanceId), entries.map((e) => e.tryNumber)],
  })
  return new Set(rows.map((row) => row.id))
}

/** Puts a delivery that its worker cannot take on the queue again; returns what is to be published. */
export async function handOverAttempt(pool: Pool, entry: QueueEntry): Promise<QueueEntry[]> {
  const { rows } = await pool.query<{ queued: QueueEntry[] }>({
    name: 'hand_over_attempt',
    text: 'select terrace.hand_over_attempt($1, $2, $3) as queued',
    values: [entry.taskInstanceId, entry.tryNumber, entry.queueSequence],
  })
  return rows[0]!.queued
}

/**
 * Ends attempts in one transaction: the attempt's history, its output, the dependents' counts, those
 * that became ready, their outbox rows, and what the freed slots allow.
 */
export async function finishAttempts(
  pool: Pool,
  processId: string,
  attempts: readonly FinishedAttempt[],
): Promise<FinishResult> {
  const [only] = attempts
  if (attempts.length === 1 && only && isPlainSuccess(only))
    return finishSuccess(pool, processId, only)
  // Outputs travel inside the JSON as JSON, not as text in text: that keeps int64 digits as written.
  const items = attempts.map(({ output, ...rest }) => {
    const item = storableJson(rest)
    return output === null ? item : `${item.slice(0, -1)},"output":${output}}`
  })
  const { rows } = await pool.query<{ result: FinishResult }>({
    name: 'finish_attempts',
    text: 'select terrace.finish_attempts($1, $2) as result',
    values: [processId, `[${items.join(',')}]`],
  })
  return rows[0]!.result
}

function isPlainSuccess({ outcome, skipTaskIds, assetEvents }: FinishedAttempt): boolean {
  return outcome === 'success' && skipTaskIds.length === 0 && assetEvents.length === 0
}

/** What most finishes of a worker are that is not busy; the statement for it costs half as much. */
async function finishSuccess(
  pool: Pool,
  processId: string,
  { taskInstanceId, fence, output, codeHash, continueHere }: FinishedAttempt,
): Promise<FinishResult> {
  const { rows } = await pool.query<{ result: FinishResult }>({
    name: 'finish_success',
    text: 'select terrace.finish_success($1, $2, $3, $4, $5, $6) as result',
    values: [processId, taskInstanceId, fence, output, codeHash, continueHere],
  })
  return rows[0]!.result
}

/** Entries reached the queue: their outbox rows may go. */
export async function markPublished(pool: Pool, entries: readonly QueueEntry[]): Promise<void> {
  await pool.query({
    name: 'mark_published',
    text: `delete from terrace.outbox o
           using unnest($1::uuid[], $2::int[], $3::int[]) as e(id, try_number, queue_sequence)
           where o.task_instance_id = e.id and o.try_number = e.try_number
             and o.queue_sequence = e.queue_sequence`,
    values: [
      entries.map((e) => e.taskInstanceId),
      entries.map((e) => e.tryNumber),
      entries.map((e) => e.queueSequence),
    ],
  })
}

export interface LogLine {
  taskInstanceId: string
  tryNumber: number
  /** From 1, dense within an attempt's log. */
  lineNumber: number
  /** ISO 8601. */
  loggedAt: string
  level: 'debug' | 'info' | 'warning' | 'error'
  stream: 'log' | 'stdout' | 'stderr' | 'system'
  message: string
  fields: { [key: string]: Json } | null
}

/** Appends log lines; a line that is there already is left as it is. */
export async function appendLogs(pool: Pool, lines: readonly LogLine[]): Promise<void> {
  await pool.query({
    name: 'append_logs',
    text: `insert into terrace.task_log
             (task_instance_id, try_number, line_number, logged_at, level, stream, message, fields)
           select l."taskInstanceId", l."tryNumber", l."lineNumber", l."loggedAt", l.level, l.stream,
                  l.message, l.fields
           from jsonb_to_recordset($1) as l("taskInstanceId" uuid, "tryNumber" int, "lineNumber" int,
             "loggedAt" timestamptz, level text, stream text, message text, fields jsonb)
           where exists (select from terrace.task_instance t where t.id = l."taskInstanceId")
           on conflict do nothing`,
    values: [storableJson(lines)],
  })
}

/** Attempts of this worker that must stop, and why: somebody decided so, or they are no longer its own. */
export async function attemptsToAbort(
  pool: Pool,
  running: readonly { taskInstanceId: string; fence: number }[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ id: string; why: string }>({
    name: 'attempts_to_abort',
    text: `select e.id, case when t.id is null then 'The attempt was taken over by another'
             else 'The attempt was cancelled: ' || case
               when t.state = 'restarting' then 'somebody cleared the task'
               when t.stop_as is not null then 'somebody marked the task as ' || t.stop_as
               else 'the run passed its time limit' end end as why
           from unnest($1::uuid[], $2::int[]) as e(id, fence)
           left join terrace.task_instance t on t.id = e.id and t.fence = e.fence
             and t.state in ('running', 'restarting')
           where t.id is null or t.cancel_requested or t.state = 'restarting'`,
    values: [running.map((r) => r.taskInstanceId), running.map((r) => r.fence)],
  })
  return new Map(rows.map(({ id, why }) => [id, why]))
}
