// What a grid of runs × tasks is drawn from. Task instances come aggregated, a row a run: as rows of
// their own, 60,000 of them cost three times as much in the driver as in the database.

import type { Pool } from '../../../connections/postgres.ts'
import { TASK_STATES } from '../../graph/states.ts'
import type { Edge } from '../../graph/topology.ts'
import type { RecentRun } from './recent-runs.ts'

export interface GridRun extends RecentRun {
  id: string
  logicalDate: Date | null
  note: string | null
  hasConf: boolean
  versionId: string
  versionNumber: number
}

export interface GridRuns {
  /** Newest first. */
  rows: GridRun[]
  /** The oldest one's `run_after` to the microsecond, when there are runs before it. */
  nextBefore: string | null
}

/**
 * Runs of a DAG from before a moment. Those that share the oldest one's `run_after` all come along, so
 * that the next page can begin before it.
 */
export async function listGridRuns(
  pool: Pool,
  dagId: string,
  { limit, before }: { limit: number; before: string | null },
): Promise<GridRuns> {
  const { rows } = await pool.query<GridRun & { nextBefore: string | null }>(
    `with page as (
       select r.* from terrace.dag_run r
       where r.dag_id = $1 and r.run_after < coalesce($2::timestamptz, 'infinity')
       order by r.run_after desc fetch first ($3) rows with ties
     ),
     oldest as (select min(run_after) as run_after from page)
     select r.id, r.dag_id as "dagId", r.run_id as "runId", r.state, r.run_type as "runType",
       r.run_after as "runAfter", r.logical_date as "logicalDate", r.started_at as "startedAt",
       r.ended_at as "endedAt", extract(epoch from r.ended_at - r.started_at)::float8 as duration,
       r.note, r.conf <> '{}' as "hasConf", v.id as "versionId",
       v.version_number as "versionNumber",
       case when exists (select from terrace.dag_run b
                         where b.dag_id = $1 and b.run_after < o.run_after)
         then to_char(o.run_after at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
       end as "nextBefore"
     from page r join terrace.dag_version v on v.id = r.dag_version_id cross join oldest o
     order by r.run_after desc, r.id desc`,
    [dagId, before, limit],
  )
  return { rows, nextBefore: rows[0]?.nextBefore ?? null }
}

export interface VersionTasks {
  /** In topological order. */
  taskIds: string[]
  edges: Edge[]
}

/** Tasks and edges of the DAG's current version, and of those that are named; newest first. */
export async function listVersionTasks(
  pool: Pool,
  dagId: string,
  versionIds: readonly string[],
): Promise<VersionTasks[]> {
  const { rows } = await pool.query<VersionTasks>(
    `select
       array(select k.task_id from terrace.dag_task k
             where k.dag_version_id = v.id order by k.position) as "taskIds",
       (select coalesce(jsonb_agg(jsonb_build_array(upstream_task_id, downstream_task_id)), '[]')
        from terrace.dag_edge where dag_version_id = v.id) as edges
     from terrace.dag_version v
     where v.id = any ($2)
       or v.id = (select current_version_id from terrace.dag where dag_id = $1)
     order by v.version_number desc`,
    [dagId, versionIds],
  )
  return rows
}

/** Place in TASK_STATES, try, start and end in ms. */
export type GridCell = [state: number, tryNumber: number, start: number | null, end: number | null]

interface RunCells {
  runId: string
  tasks: string[]
  states: number[]
  tries: number[]
  starts: (number | null)[]
  ends: (number | null)[]
}

const MS = (column: string) =>
  `array_to_json(array_agg((date_part('epoch', ${column}) * 1000)::int8))`

/** A row of cells for each run (by its uuid), a cell for each task; null where a run has it not. */
export async function readGridCells(
  pool: Pool,
  runIds: readonly string[],
  taskIds: readonly string[],
): Promise<(GridCell | null)[][]> {
  const { rows } = await pool.query<RunCells>(
    `select t.dag_run_id as "runId", array_to_json(array_agg(t.task_id)) as tasks,
       array_to_json(array_agg(array_position($2::text[], t.state::text) - 1)) as states,
       array_to_json(array_agg(t.try_number)) as tries,
       ${MS('t.started_at')} as starts, ${MS('t.ended_at')} as ends
     from terrace.task_instance t
     where t.dag_run_id = any ($1) and t.map_index = -1
     group by t.dag_run_id`,
    [runIds, TASK_STATES],
  )
  const places = new Map(taskIds.map((id, place) => [id, place]))
  const cellsOf = new Map(rows.map((row) => [row.runId, inPlace(row, places)]))
  return runIds.map((id) => cellsOf.get(id) ?? taskIds.map(() => null))
}

function inPlace(
  { tasks, states, tries, starts, ends }: RunCells,
  places: ReadonlyMap<string, number>,
): (GridCell | null)[] {
  const cells = new Array<GridCell | null>(places.size).fill(null)
  for (const [i, task] of tasks.entries()) {
    const place = places.get(task)
    if (place !== undefined) cells[place] = [states[i]!, tries[i]!, starts[i]!, ends[i]!]
  }
  return cells
}
