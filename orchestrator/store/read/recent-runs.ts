import type { Pool } from '../../../connections/postgres.ts'
import type { RunState, RunType } from '../../graph/states.ts'

export interface RecentRun {
  dagId: string
  runId: string
  state: RunState
  runType: RunType
  runAfter: Date
  startedAt: Date | null
  endedAt: Date | null
  /** Seconds; null until the run has ended. */
  duration: number | null
}

/** The latest runs of each of the DAGs, oldest first. */
export async function recentRuns(
  pool: Pool,
  dagIds: readonly string[],
  limit: number,
): Promise<Map<string, RecentRun[]>> {
  const { rows } = await pool.query<RecentRun>(
    `select r.dag_id as "dagId", r.run_id as "runId", r.state, r.run_type as "runType",
            r.run_after as "runAfter", r.started_at as "startedAt", r.ended_at as "endedAt",
            extract(epoch from r.ended_at - r.started_at)::float8 as duration
     from unnest($1::text[]) as d(dag_id)
     cross join lateral (select * from terrace.dag_run where dag_id = d.dag_id
                         order by run_after desc, id desc limit $2) as r
     order by r.dag_id, r.run_after, r.id`,
    [dagIds, limit],
  )
  const runs = new Map<string, RecentRun[]>(dagIds.map((dagId) => [dagId, []]))
  for (const row of rows) runs.get(row.dagId)?.push(row)
  return runs
}
