// Runs, task instances and their tries as Airflow's clients expect them.

import type { TaskState } from '../../graph/states.ts'
import type { RunRow } from '../../store/read/runs.ts'
import type { TaskInstanceRow } from '../../store/read/task-instances.ts'
import type { TryRow } from '../../store/read/tries.ts'
import { versionShape } from './dag-shapes.ts'

export function runShape(run: RunRow) {
  return {
    dag_id: run.dagId,
    dag_display_name: run.dagId,
    dag_run_id: run.runId,
    run_type: run.runType,
    state: run.state,
    triggered_by: run.triggeredBy,
    triggering_user_name: run.triggeringUser,
    logical_date: run.logicalDate,
    data_interval_start: run.dataIntervalStart,
    data_interval_end: run.dataIntervalEnd,
    run_after: run.runAfter,
    queued_at: run.queuedAt,
    start_date: run.startedAt,
    end_date: run.endedAt,
    duration: run.duration,
    last_scheduling_decision: null,
    conf: run.conf,
    note: run.note,
    bundle_version: null,
    partition_key: null,
    dag_versions: [versionOf(run)],
  }
}

export function taskInstanceShape(instance: TaskInstanceRow) {
  return {
    id: instance.id,
    ...instanceFields(instance),
    state: stateShape(instance.state),
    try_number: instance.tryNumber,
    logical_date: instance.logicalDate,
    run_after: instance.runAfter,
    start_date: instance.startedAt,
    end_date: instance.endedAt,
    duration: instance.duration,
    queued_when: instance.queuedAt,
    hostname: instance.hostname,
    pid: instance.pid,
    note: instance.note,
    rendered_fields: {},
    rendered_map_index: null,
    trigger: null,
    triggerer_job: null,
  }
}

export function tryShape(instance: TaskInstanceRow, attempt: TryRow) {
  return {
    ...instanceFields(instance),
    state: stateShape(attempt.state),
    try_number: attempt.tryNumber,
    start_date: attempt.startedAt,
    end_date: attempt.endedAt,
    duration: attempt.duration,
    queued_when: attempt.queuedAt,
    hostname: attempt.hostname,
    pid: attempt.pid,
  }
}

function instanceFields(instance: TaskInstanceRow) {
  return {
    dag_id: instance.dagId,
    dag_display_name: instance.dagId,
    dag_run_id: instance.runId,
    task_id: instance.taskId,
    task_display_name: instance.taskId,
    map_index: instance.mapIndex,
    max_tries: instance.maxTries,
    pool: instance.pool,
    pool_slots: instance.poolSlots,
    queue: instance.queue,
    priority_weight: instance.priorityWeight,
    scheduled_when: instance.scheduledAt,
    operator: null,
    operator_name: null,
    executor: null,
    executor_config: '{}',
    unixname: null,
    dag_version: versionOf(instance),
  }
}

/** Airflow has no name for a task instance that nothing has happened to. */
function stateShape(state: TaskState): Exclude<TaskState, 'none'> | null {
  return state === 'none' ? null : state
}

function versionOf(row: RunRow | TaskInstanceRow) {
  return versionShape({
    id: row.versionId,
    dagId: row.dagId,
    versionNumber: row.versionNumber,
    createdAt: row.versionCreatedAt,
  })
}
