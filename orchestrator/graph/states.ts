// The states of a task instance and of a run, under Airflow's names so that its clients understand
// us. docs/state-machine.md draws the transitions; every one of them is a named SQL statement.

export const TASK_STATES = [
  'none',
  'scheduled',
  'queued',
  'running',
  'success',
  'failed',
  'up_for_retry',
  'skipped',
  'upstream_failed',
  'deferred',
  'up_for_reschedule',
  'restarting',
  'removed',
] as const

export type TaskState = (typeof TASK_STATES)[number]

/** States a task instance stays in until somebody clears it. */
export const ENDED_STATES = [
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'removed',
] as const satisfies TaskState[]

export type EndedState = (typeof ENDED_STATES)[number]

export const RUN_STATES = ['queued', 'running', 'success', 'failed'] as const

export type RunState = (typeof RUN_STATES)[number]

export const RUN_TYPES = [
  'scheduled',
  'manual',
  'backfill',
  'asset_triggered',
  'asset_materialization',
] as const

export type RunType = (typeof RUN_TYPES)[number]

/** Whether a run whose tasks have all ended is a success: no leaf failed (Airflow's rule). */
export function runStateFromLeaves(leafStates: readonly EndedState[]): 'success' | 'failed' {
  return leafStates.some((state) => state === 'failed' || state === 'upstream_failed')
    ? 'failed'
    : 'success'
}
