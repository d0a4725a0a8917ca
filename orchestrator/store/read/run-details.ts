// What stands beside a run: the asset events that it was made for, and how its tasks stand.

import type { Pool } from '../../../connections/postgres.ts'
import type { Json } from '../../graph/serialized-dag.ts'
import type { TaskState } from '../../graph/states.ts'

export interface ConsumedEvent {
  assetName: string
  sourceDagId: string | null
  sourceRunId: string | null
  sourceTaskId: string | null
  createdAt: Date
  extra: { [key: string]: Json }
}

const MAX_EVENTS = 1_000

/** The latest asset events that the run consumed, oldest first. */
export async function consumedEvents(pool: Pool, dagRunId: string): Promise<ConsumedEvent[]> {
  const { rows } = await pool.query<ConsumedEvent>(
    `select e.asset_name as "assetName", e.source_dag_id as "sourceDagId",
       e.source_run_id as "sourceRunId", e.source_task_id as "sourceTaskId",
       e.created_at as "createdAt", e.extra
     from terrace.dag_run_asset_event c join terrace.asset_event e on e.id = c.asset_event_id
     where c.dag_run_id = $1
     order by e.created_at desc, e.id desc limit $2`,
    [dagRunId, MAX_EVENTS],
  )
  return rows.reverse()
}

/** How many of the run's task instances are in which state. */
export async function countStates(
  pool: Pool,
  dagRunId: string,
): Promise<Partial<Record<TaskState, number>>> {
  const { rows } = await pool.query<{ state: TaskState; n: number }>(
    `select state, count(*)::int as n from terrace.task_instance
     where dag_run_id = $1 group by state`,
    [dagRunId],
  )
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}
