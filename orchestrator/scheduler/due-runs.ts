// Makes the runs that time and assets call for. Several schedulers may do this at once: each interval
// and each set of events is taken by one of them, in a transaction that compares and sets.

import type { Pool } from '../../connections/postgres.ts'
import type { AssetExpression } from '../graph/serialized-dag.ts'
import {
  advanceSchedule,
  createAssetRun,
  dagsToSchedule,
  pendingAssets,
  type ScheduledDag,
} from '../store/schedules.ts'
import { nextInterval } from '../timetable/intervals.ts'
import { runIdFor } from '../timetable/run-ids.ts'

/** A pass goes over the DAGs at most this often: a DAG that catches up makes a run each time. */
const MAX_ROUNDS = 16

/** Returns how many runs were made. */
export async function createDueRuns(
  pool: Pool,
  onError: (dagId: string, error: unknown) => void,
): Promise<number> {
  let made = 0
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const dags = await dagsToSchedule(pool)
    let moved = 0
    for (const dag of dags) {
      try {
        const step = await advance(pool, dag)
        made += step.made
        moved += step.moved
      } catch (error) {
        // One DAG's trouble is not the others'.
        onError(dag.dagId, error)
      }
    }
    if (moved === 0) break
  }
  return made
}

async function advance(pool: Pool, dag: ScheduledDag): Promise<{ made: number; moved: number }> {
  const { header, now } = dag
  const after = (lastIntervalEnd: Date | null) =>
    nextInterval(header.schedule, {
      lastIntervalEnd,
      now,
      startDate: header.startDate === null ? null : new Date(header.startDate),
      endDate: header.endDate === null ? null : new Date(header.endDate),
      catchup: header.catchup,
    })
  if (dag.next === null) {
    const first = after(dag.lastIntervalEnd)
    if (first === null) return { made: 0, moved: 0 }
    await advanceSchedule(pool, dag.dagId, null, first)
    return { made: 0, moved: first.runAfter <= now ? 1 : 0 }
  }
  const run = await advanceSchedule(
    pool,
    dag.dagId,
    {
      interval: dag.next,
      runId: runIdFor('scheduled', dag.next.runAfter),
      logicalDate: dag.next.start,
    },
    after(dag.next.end),
  )
  return { made: run && !run.existed ? 1 : 0, moved: 1 }
}

/** Makes a run for each DAG whose asset expression is satisfied by events that no run has consumed. */
export async function createAssetRuns(
  pool: Pool,
  now: Date,
  onError: (dagId: string, error: unknown) => void,
): Promise<number> {
  let made = 0
  for (const { dagId, expression, assetNames } of await pendingAssets(pool)) {
    if (expression === null || !isSatisfied(expression, new Set(assetNames))) continue
    // Milliseconds keep the ids of runs apart: a DAG's runs follow each other, they do not coincide.
    try {
      const run = await createAssetRun(pool, dagId, runIdFor('asset_triggered', now), now)
      if (run) made += 1
    } catch (error) {
      onError(dagId, error)
    }
  }
  return made
}

export function isSatisfied(expression: AssetExpression, updated: ReadonlySet<string>): boolean {
  if ('asset' in expression) return updated.has(expression.asset)
  if ('all' in expression) return expression.all.every((part) => isSatisfied(part, updated))
  return expression.any.some((part) => isSatisfied(part, updated))
}
