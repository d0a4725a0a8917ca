// Runs: made by a person, a schedule or an asset event; started as limits allow; cleared to run again.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import type { Json, SerializedSchedule } from '../graph/serialized-dag.ts'
import type { RunType, TaskState } from '../graph/states.ts'
import type { QueueEntry } from '../queue/types.ts'
import { intervalOfManualRun } from '../timetable/intervals.ts'
import { runIdFor } from '../timetable/run-ids.ts'
import { audit } from './dags.ts'
import { StoreError } from './store-error.ts'

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

export interface ClearRequest {
  dagId: string
  /** null: every run that the other limits leave. */
  runIds: string[] | null
  /** Runs whose logical date (or, without one, run_after) lies in [from, to]. */
  from?: Date | null
  to?: Date | null
  /** null: every task. */
  taskIds: string[] | null
  upstream: boolean
  downstream: boolean
  onlyFailed: boolean
  onlyRunning: boolean
  /** Ended runs start again (Airflow's reset_dag_runs). */
  resetDagRuns: boolean
  dryRun: boolean
  actor: string
}

export interface ClearedTask {
  taskInstanceId: string
  dagId: string
  runId: string
  taskId: string
  mapIndex: number
  state: TaskState
  tryNumber: number
}

/**
 * Clears task instances so that they run again, with their upstreams and downstreams if asked; all
 * attempts and logs are kept. `onlyFailed` and `onlyRunning` choose among the named tasks and what
 * follows from the graph, as in Airflow.
 *
 * @returns what was (or, on a dry run, would be) cleared, in run and task order.
 */
export async function clearTaskInstances(
  pool: Pool,
  request: ClearRequest,
): Promise<ClearedTask[]> {
  return inTransaction(pool, async (client) => {
    const { rows: found } = await client.query<ClearedTask>(SELECT_TO_CLEAR, [
      request.dagId,
      request.runIds,
      request.from ?? null,
      request.to ?? null,
      request.taskIds,
      request.downstream,
      request.upstream,
      request.onlyFailed,
      request.onlyRunning,
    ])
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

const SELECT_TO_CLEAR = `
  with recursive run as (
    select r.id, r.run_id, r.run_after, r.dag_version_id
    from terrace.dag_run r
    where r.dag_id = $1 and ($2::text[] is null or r.run_id = any($2))
      and ($3::timestamptz is null or coalesce(r.logical_date, r.run_after) >= $3)
      and ($4::timestamptz is null or coalesce(r.logical_date, r.run_after) <= $4)
  ), named as (
    select distinct r.dag_version_id, k.task_id
    from run r join terrace.dag_task k on k.dag_version_id = r.dag_version_id
    where $5::text[] is null or k.task_id = any($5)
  ), below as (
    select n.dag_version_id, n.task_id from named n
    union
    select b.dag_version_id, e.downstream_task_id
    from below b join terrace.dag_edge e
      on e.dag_version_id = b.dag_version_id and e.upstream_task_id = b.task_id
    where $6
  ), above as (
    select n.dag_version_id, n.task_id from named n
    union
    select a.dag_version_id, e.upstream_task_id
    from above a join terrace.dag_edge e
      on e.dag_version_id = a.dag_version_id and e.downstream_task_id = a.task_id
    where $7
  ), chosen as (
    select dag_version_id, task_id from below union select dag_version_id, task_id from above
  )
  select t.id as "taskInstanceId", t.dag_id as "dagId", r.run_id as "runId",
    t.task_id as "taskId", t.map_index as "mapIndex", t.state, t.try_number as "tryNumber"
  from run r
  join terrace.task_instance t on t.dag_run_id = r.id
  join chosen c on c.dag_version_id = t.dag_version_id and c.task_id = t.task_id
  join terrace.dag_task k on k.dag_version_id = t.dag_version_id and k.task_id = t.task_id
  where (not $8::boolean or t.state in ('failed', 'upstream_failed'))
    and (not $9::boolean or t.state = 'running')
  order by r.run_after, r.run_id, k.position, t.map_index`

/** Tells the schedulers that there may be something to do; they listen and act at once. */
export async function notifyScheduler(pool: Pool, why: string): Promise<void> {
  await pool.query(`select pg_notify('terrace_scheduler', $1)`, [why])
}
