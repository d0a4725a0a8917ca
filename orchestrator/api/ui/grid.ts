// Runs × tasks, packed: a cell is four numbers, and one answer holds a page of runs.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import { TASK_STATES } from '../../graph/states.ts'
import { depthsOf } from '../../graph/topology.ts'
import {
  type GridRun,
  listGridRuns,
  listVersionTasks,
  readGridCells,
  type VersionTasks,
} from '../../store/read/grid.ts'
import { pathOf } from '../path-schema.ts'
import { checked, integer } from '../query-schema.ts'
import { requireDag } from '../routes/dags.ts'
import { recentRunShape } from './dags.ts'
import { DAG } from './paths.ts'

const MOST_RUNS = 500

const gridQuery = z.strictObject({
  limit: integer(1)
    .transform((limit) => Math.min(limit, MOST_RUNS))
    .default(25),
  /** What the page before gave as `next_before`; to the microsecond, which a Date would cut. */
  before: z.iso
    .datetime({ offset: true, error: 'must be the next_before of an earlier answer' })
    .optional(),
})

export function gridRoutes(app: FastifyInstance, pool: Pool): void {
  app.get(`${DAG}/grid`, async (request) => {
    const { dag_id } = pathOf(request, 'dag_id')
    const { limit, before = null } = checked(gridQuery, request.query)
    await requireDag(pool, dag_id)
    const { rows: runs, nextBefore } = await listGridRuns(pool, dag_id, { limit, before })
    const versionIds = [...new Set(runs.map((run) => run.versionId))]
    const depths = depthOfTasks(await listVersionTasks(pool, dag_id, versionIds))
    const tasks = [...depths.keys()]
    const runIds = runs.map((run) => run.id)
    return {
      tasks,
      depths: [...depths.values()],
      states: TASK_STATES,
      runs: runs.map(gridRunShape),
      cells: await readGridCells(pool, runIds, tasks),
      next_before: nextBefore,
    }
  })
}

/** The newest version says where a task stands; tasks that only older ones have follow. */
function depthOfTasks(versions: readonly VersionTasks[]): Map<string, number> {
  const depths = new Map<string, number>()
  for (const { taskIds, edges } of versions) {
    for (const [task, depth] of depthsOf(taskIds, edges)) {
      if (!depths.has(task)) depths.set(task, depth)
    }
  }
  return depths
}

function gridRunShape(run: GridRun) {
  return {
    ...recentRunShape(run),
    logical_date: run.logicalDate,
    note: run.note,
    has_conf: run.hasConf,
    version_number: run.versionNumber,
  }
}
