// Which task instances somebody means who clears or marks: runs, tasks of them, and what lies above and
// below in the graph.

import type { PoolClient } from '../../connections/postgres.ts'
import type { TaskState } from '../graph/states.ts'

export interface TaskSelection {
  dagId: string
  /** null: every run that the other limits leave. */
  runIds: string[] | null
  /** Runs whose logical date (or, without one, run_after) lies in [from, to]. */
  from?: Date | null
  to?: Date | null
  /** null: every task. */
  taskIds: string[] | null
  /** Of the named tasks alone; every one when left out. */
  mapIndex?: number | null
  upstream: boolean
  downstream: boolean
  onlyFailed: boolean
  onlyRunning: boolean
}

export interface SelectedTask {
  taskInstanceId: string
  dagId: string
  runId: string
  taskId: string
  mapIndex: number
  state: TaskState
  tryNumber: number
}

/**
 * In run and task order. `onlyFailed` and `onlyRunning` choose among the named tasks and what follows
 * from the graph, as in Airflow.
 */
export async function selectTasks(
  client: PoolClient,
  selection: TaskSelection,
): Promise<SelectedTask[]> {
  const { rows } = await client.query<SelectedTask>(SELECT, [
    ...runsOf(selection),
    selection.taskIds,
    selection.downstream,
    selection.upstream,
    selection.onlyFailed,
    selection.onlyRunning,
    selection.mapIndex ?? null,
  ])
  return rows
}

/** First: what somebody else does to these runs meanwhile would be undone by acting on an older read. */
export async function lockRuns(client: PoolClient, selection: TaskSelection): Promise<void> {
  await client.query(
    `select from terrace.dag_run r where ${RUNS} order by r.id for no key update`,
    runsOf(selection),
  )
}

function runsOf({ dagId, runIds, from = null, to = null }: TaskSelection) {
  return [dagId, runIds, from, to]
}

const RUNS = `r.dag_id = $1 and ($2::text[] is null or r.run_id = any($2))
      and ($3::timestamptz is null or coalesce(r.logical_date, r.run_after) >= $3)
      and ($4::timestamptz is null or coalesce(r.logical_date, r.run_after) <= $4)`

const SELECT = `
  with recursive run as (
    select r.id, r.run_id, r.run_after, r.dag_version_id
    from terrace.dag_run r
    where ${RUNS}
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
    and (not $9::boolean or t.state in ('running', 'restarting'))
    and ($10::int is null or t.map_index = $10 or t.task_id <> all($5))
  order by r.run_after, r.run_id, k.position, t.map_index`
