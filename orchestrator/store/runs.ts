// Runs: made by a person, a schedule or an asset event; started as limits allow; cleared to run again.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import type { Json, SerializedSchedule } from '../graph/serialized-dag.ts'
import type { RunType } from '../graph/states.ts'
import type { QueueEntry } from '../queue/types.ts'
import { intervalOfManualRun } from '../timetable/intervals.ts'
import { runIdFor } from '../timetable/run-ids.ts'
import { audit } from './dags.ts'
import { StoreError } from './store-error.ts'
import { lockRuns, type SelectedTask, selectTasks, type TaskSelection } from './task-selection.ts'

export type TriggeredBy = 'cli' | 'rest_api' | 'ui' | 'test' | 'timetable' | 'asset' | 'operator'

export interface NewRun {
  dagId: string
  /** Default: `manual__<now>`. */
  runId?: string
  conf?: { [key: string]: Json }
  logicalDate?: Date | null
  /** Not before this moment; default now. */
  runAfter?: Date
  note?: string
  triggeredBy: TriggeredBy
  triggeringUser?: string
  /** A trigger repeated with the same key makes one run. */
  idempotencyKey?: string
}

export interface MadeRun {
  dagRunId: string
  runId: string
  /** True when the same run had been made before: nothing was made now. */
  existed: boolean
}

/**
 * Makes a manual run of a DAG's current version. The scheduler is notified and starts it.
 *
 * @throws StoreError dag_not_found, run_exists
 */
export async function triggerRun(pool: Pool, run: NewRun, now = new Date()): Promise<MadeRun> {
  return inTransaction(pool, async (client) => {
    const runAfter = run.runAfter ?? now
    const { rows } = await client.query<{ schedule: SerializedSchedule }>(
      `select v.header -> 'schedule' as schedule from terrace.dag d
       join terrace.dag_version v on v.id = d.current_version_id where d.dag_id = $1`,
      [run.dagId],
    )
    if (!rows[0]) throw StoreError.dagNotFound(run.dagId)
    const interval = intervalOfManualRun(rows[0].schedule, run.logicalDate ?? runAfter)
    const made = await createRun(client, {
      ...run,
      runId: run.runId ?? runIdFor('manual', now),
      mayNumber: run.runId === undefined,
      runType: 'manual',
      logicalDate: run.logicalDate ?? null,
      dataIntervalStart: interval.start,
      dataIntervalEnd: interval.end,
      runAfter,
    })
    if (!made.existed)
      await audit(client, run.triggeringUser ?? run.triggeredBy, 'dag.trigger', {
        dagId: run.dagId,
        runId: made.runId,
        detail: { conf: run.conf ?? {} },
      })
    return made
  })
}

export interface RunToCreate extends NewRun {
  runId: string
  /** The id was made from the moment: when another run has it, this one's gets a number. */
  mayNumber?: boolean
  runType: RunType
  logicalDate: Date | null
  dataIntervalStart: Date | null
  dataIntervalEnd: Date | null
  runAfter: Date
}

/** In the caller's transaction. @throws StoreError dag_not_found, run_exists */
export async function createRun(client: PoolClient, run: RunToCreate): Promise<MadeRun> {
  try {
    const { rows } = await client.query<{ dag_run_id: string; run_id: string; existed: boolean }>({
      name: 'create_run',
      text: 'select * from terrace.create_run($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)',
      values: [
        run.dagId,
        run.runId,
        run.runType,
        run.triggeredBy,
        run.triggeringUser ?? null,
        run.logicalDate,
        run.dataIntervalStart,
        run.dataIntervalEnd,
        run.runAfter,
        run.conf ?? {},
        run.note ?? null,
        run.idempotencyKey ?? null,
        run.mayNumber ?? false,
      ],
    })
    const row = rows[0]!
    return { dagRunId: row.dag_run_id, runId: row.run_id, existed: row.existed }
  } catch (error) {
    if (error instanceof Error && error.message === 'terrace_dag_not_found')
      throw StoreError.dagNotFound(run.dagId)
    if (error instanceof Error && error.message === 'terrace_run_exists')
      throw StoreError.runExists(run.dagId, (error as Error & { detail: string }).detail)
    throw error
  }
}

/** Starts what a DAG's limits allow now; returns what is to be published. */
export async function startRuns(pool: Pool, dagId: string): Promise<QueueEntry[]> {
  const { rows } = await pool.query<{ queued: QueueEntry[] }>({
    name: 'start_runs',
    text: 'select terrace.start_runs($1) as queued',
    values: [dagId],
  })
  return rows[0]!.queued
}

export interface ClearRequest extends TaskSelection {
  /** Ended runs start again (Airflow's reset_dag_runs). */
  resetDagRuns: boolean
  dryRun: boolean
  actor: string
}

export type ClearedTask = SelectedTask

/**
 * Clears task instances so that they run again, with their upstreams and downstreams if asked; all
 * attempts and logs are kept. One that runs is stopped first.
 *
 * @returns what was (or, on a dry run, would be) cleared, in run and task order.
 */
export async function clearTaskInstances(
  pool: Pool,
  request: ClearRequest,
): Promise<ClearedTask[]> {
  return inTransaction(pool, async (client) => {
    if (!request.dryRun) await lockRuns(client, request)
    const found = await selectTasks(client, request)
    if (request.dryRun || found.length === 0) return found
    await client.query('select terrace.clear_tasks($1, $2)', [
      found.map((task) => task.taskInstanceId),
      request.resetDagRuns,
    ])
    await audit(client, request.actor, 'task.clear', {
      dagId: request.dagId,
      detail: { tasks: found.map(({ runId, taskId, state }) => ({ runId, taskId, state })) },
    })
    return found
  })
}

/** Tells the schedulers that there may be something to do; they listen and act at once. */
export async function notifyScheduler(pool: Pool, why: string): Promise<void> {
  await pool.query(`select pg_notify('terrace_scheduler', $1)`, [why])
}
