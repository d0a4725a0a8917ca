// The attempts of a task instance: those that ended, as they were, and the one that is under way.

import type { Pool } from '../../../connections/postgres.ts'
import type { TaskState } from '../../graph/states.ts'
import type { TaskInstanceRow } from './task-instances.ts'

export interface TryRow {
  tryNumber: number
  state: TaskState
  /** How it ended in our own words, such as `lost`; null while it is under way. */
  outcome: string | null
  hostname: string | null
  pid: number | null
  queuedAt: Date | null
  startedAt: Date | null
  endedAt: Date | null
  /** Seconds; null until it has ended. */
  duration: number | null
  error: string | null
}

/** Airflow's clients know states, not our outcomes. */
const STATE_OF_OUTCOME: Record<string, TaskState> = {
  lost: 'failed',
  cancelled: 'failed',
  released: 'restarting',
}

/** An attempt of a run that has ended, for a picture of the whole run. */
export interface RunTryRow {
  taskId: string
  mapIndex: number
  tryNumber: number
  state: TaskState
  queuedAt: Date | null
  startedAt: Date | null
  endedAt: Date
}

const MOST_TRIES = 20_000

/** The attempts of all tasks of a run that have ended, oldest first; of very many the latest. */
export async function listTriesOfRun(pool: Pool, dagRunId: string): Promise<RunTryRow[]> {
  const { rows } = await pool.query<Omit<RunTryRow, 'state'> & { outcome: string }>(
    `select t.task_id as "taskId", t.map_index as "mapIndex", a.try_number as "tryNumber",
       a.outcome, a.queued_at as "queuedAt", a.started_at as "startedAt", a.ended_at as "endedAt"
     from terrace.task_instance t join terrace.task_attempt a on a.task_instance_id = t.id
     where t.dag_run_id = $1
     order by a.ended_at desc, a.fence desc limit $2`,
    [dagRunId, MOST_TRIES],
  )
  return rows.reverse().map(({ outcome, ...row }) => ({ ...row, state: stateOfOutcome(outcome) }))
}

function stateOfOutcome(outcome: string): TaskState {
  return STATE_OF_OUTCOME[outcome] ?? (outcome as TaskState)
}

export async function listTries(pool: Pool, instance: TaskInstanceRow): Promise<TryRow[]> {
  const { rows } = await pool.query<Omit<TryRow, 'state'> & { outcome: string }>(
    `select distinct on (a.try_number) a.try_number as "tryNumber", a.outcome,
            coalesce(a.hostname, p.hostname) as hostname, p.pid, a.queued_at as "queuedAt",
            a.started_at as "startedAt", a.ended_at as "endedAt",
            extract(epoch from a.ended_at - a.started_at)::float8 as duration, a.error
     from terrace.task_attempt a left join terrace.process p on p.id = a.process_id
     where a.task_instance_id = $1
     order by a.try_number, a.fence desc`,
    [instance.id],
  )
  const ended = rows.map(
    (row): TryRow => ({
      ...row,
      state: stateOfOutcome(row.outcome),
    }),
  )
  if (instance.tryNumber === 0 || ended.some((row) => row.tryNumber === instance.tryNumber)) {
    return ended
  }
  const current: TryRow = {
    tryNumber: instance.tryNumber,
    state: instance.state,
    outcome: null,
    hostname: instance.hostname,
    pid: instance.pid,
    queuedAt: instance.queuedAt,
    startedAt: instance.startedAt,
    endedAt: instance.endedAt,
    duration: instance.duration,
    error: instance.error,
  }
  return [...ended, current]
}
