// What a person decides about tasks and runs, over the head of the code: success, failed, skipped. What
// runs is stopped by its worker and takes the state when it is gone.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { audit } from './dags.ts'
import { StoreError } from './store-error.ts'
import { lockRuns, type SelectedTask, selectTasks, type TaskSelection } from './task-selection.ts'

export const TASK_MARKS = ['success', 'failed', 'skipped'] as const
export type TaskMark = (typeof TASK_MARKS)[number]

export const RUN_MARKS = ['success', 'failed'] as const
export type RunMark = (typeof RUN_MARKS)[number]

export interface MarkRequest {
  dagId: string
  runId: string
  taskId: string
  /** Every one of the task when left out. */
  mapIndex?: number | null
  state: TaskMark
  upstream: boolean
  downstream: boolean
  /** Also the runs before, and after, by their logical date. */
  past: boolean
  future: boolean
  /** Leaves tasks alone that have ended. */
  onlyUnended?: boolean
  dryRun: boolean
  actor: string
}

/**
 * @returns what was (or, on a dry run, would be) marked, in run and task order, with the states before;
 *   tasks that have the state already are left out.
 */
export async function markTasks(pool: Pool, request: MarkRequest): Promise<SelectedTask[]> {
  const { dagId, runId, taskId, state, actor, dryRun } = request
  return inTransaction(pool, async (client) => {
    const selection = await selectionOf(client, request)
    if (!dryRun) await lockRuns(client, selection)
    const found = (await selectTasks(client, selection)).filter(
      (task) => task.state !== state && !(request.onlyUnended && ENDED.has(task.state)),
    )
    if (dryRun || found.length === 0) return found
    await client.query('select terrace.mark_tasks($1, $2, $3)', [
      found.map((task) => task.taskInstanceId),
      state,
      `Marked as ${state} by ${actor}.`,
    ])
    await audit(client, actor, 'task.mark', {
      dagId,
      runId,
      taskId,
      detail: {
        as: state,
        tasks: found.map(({ runId, taskId, state }) => ({ runId, taskId, state })),
      },
    })
    return found
  })
}

const ENDED: ReadonlySet<string> = new Set(['success', 'failed', 'skipped', 'upstream_failed'])

async function selectionOf(client: PoolClient, request: MarkRequest): Promise<TaskSelection> {
  const { dagId, runId, taskId, mapIndex = null, upstream, downstream, past, future } = request
  const { rows } = await client.query<{ at: Date }>(
    `select coalesce(logical_date, run_after) as at from terrace.dag_run
     where dag_id = $1 and run_id = $2`,
    [dagId, runId],
  )
  const at = rows[0]?.at
  if (!at) throw StoreError.runNotFound(dagId, runId)
  return {
    dagId,
    runIds: past || future ? null : [runId],
    from: past ? null : at,
    to: future ? null : at,
    taskIds: [taskId],
    mapIndex,
    upstream,
    downstream,
    onlyFailed: false,
    onlyRunning: false,
  }
}

/**
 * Gives a run its end: what runs is stopped, and for `failed` what has not started is skipped; for
 * `success` every task becomes one.
 */
export async function markRun(
  pool: Pool,
  { dagId, runId, state, actor }: { dagId: string; runId: string; state: RunMark; actor: string },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { id, before } = await lockRun(client, dagId, runId)
    await client.query('select terrace.mark_run($1, $2, $3)', [
      id,
      state,
      `The run was marked as ${state} by ${actor}.`,
    ])
    await audit(client, actor, 'run.mark', { dagId, runId, detail: { as: state, before } })
  })
}

/** Lets an ended run begin once more; its tasks stay as they are (Airflow's state `queued`). */
export async function requeueRun(
  pool: Pool,
  { dagId, runId, actor }: { dagId: string; runId: string; actor: string },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { id, before } = await lockRun(client, dagId, runId)
    await client.query(
      `update terrace.dag_run set state = 'queued', ended_at = null, started_at = null,
         stop_as = null, queued_at = clock_timestamp(), clear_number = clear_number + 1
       where id = $1 and state in ('success', 'failed')`,
      [id],
    )
    await audit(client, actor, 'run.mark', { dagId, runId, detail: { as: 'queued', before } })
    await client.query(`select pg_notify('terrace_scheduler', 'marked')`)
  })
}

/** What people write about a run or one of its tasks; null takes it away. */
export async function noteRun(
  pool: Pool,
  {
    dagId,
    runId,
    note,
    actor,
  }: { dagId: string; runId: string; note: string | null; actor: string },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('update terrace.dag_run set note = $3 where dag_id = $1 and run_id = $2', [
      dagId,
      runId,
      note,
    ])
    await audit(client, actor, 'run.note', { dagId, runId })
  })
}

export async function noteTask(
  pool: Pool,
  task: { taskInstanceId: string; dagId: string; runId: string; taskId: string },
  note: string | null,
  actor: string,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('update terrace.task_instance set note = $2 where id = $1', [
      task.taskInstanceId,
      note,
    ])
    await audit(client, actor, 'task.note', task)
  })
}

async function lockRun(
  client: PoolClient,
  dagId: string,
  runId: string,
): Promise<{ id: string; before: string }> {
  const { rows } = await client.query<{ id: string; before: string }>(
    `select id, state as before from terrace.dag_run
     where dag_id = $1 and run_id = $2 for no key update`,
    [dagId, runId],
  )
  if (!rows[0]) throw StoreError.runNotFound(dagId, runId)
  return rows[0]
}
