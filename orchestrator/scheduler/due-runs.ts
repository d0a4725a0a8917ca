// Makes the runs that time and assets call for. Several schedulers may do this at once: what one of
// them saw is only a hint, and the store decides anew under the DAG's row lock.

import type { Pool } from '../../connections/postgres.ts'
import {
  advanceSchedule,
  createAssetRun,
  dagsDueByAssets,
  dagsToSchedule,
  type IsTaken,
  type NextInterval,
  type ScheduledDag,
  type ScheduleStep,
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
    let moved = 0
    for (const dagId of await dagsToSchedule(pool)) {
      try {
        const advanced = await advanceSchedule(pool, dagId, scheduleStep)
        if (advanced?.step.due) moved += 1
        if (advanced?.run && !advanced.run.existed) made += 1
      } catch (error) {
        // One DAG's trouble is not the others'.
        onError(dagId, error)
      }
    }
    if (moved === 0) break
  }
  return made
}

/** What a DAG whose time has come, or whose next interval is unknown, does now. */
async function scheduleStep(dag: ScheduledDag, isTaken: IsTaken): Promise<ScheduleStep> {
  const { header, now } = dag
  // Without catchup the interval that was due first may have passed long ago, while the DAG was paused
  // or busy or no scheduler ran: only the latest complete one is run.
  const isKnown = dag.next !== null && (header.catchup || header.schedule.cron === null)
  const due = isKnown ? dag.next : await intervalAfter(dag, dag.lastIntervalEnd, isTaken)
  if (due === null || due.runAfter > now) return { due: null, next: due }
  return { due, next: await intervalAfter(dag, due.end, isTaken) }
}

async function intervalAfter(
  { header, now }: ScheduledDag,
  lastIntervalEnd: Date | null,
  isTaken: IsTaken,
): Promise<NextInterval | null> {
  const interval = nextInterval(header.schedule, {
    lastIntervalEnd,
    now,
    startDate: header.startDate === null ? null : new Date(header.startDate),
    endDate: header.endDate === null ? null : new Date(header.endDate),
    catchup: header.catchup,
  })
  // After an edit of the cron the interval may begin where one of the old cron did that has its run.
  // There is one run for each logical date, so this one begins where the last interval ended.
  if (interval && lastIntervalEnd && interval.start < lastIntervalEnd && (await isTaken(interval)))
    return { ...interval, start: lastIntervalEnd }
  return interval
}

/** Makes a run for each DAG whose asset expression is satisfied by events that no run has consumed. */
export async function createAssetRuns(
  pool: Pool,
  now: Date,
  onError: (dagId: string, error: unknown) => void,
): Promise<number> {
  let made = 0
  for (const dagId of await dagsDueByAssets(pool)) {
    try {
      if (await createAssetRun(pool, dagId, runIdFor('asset_triggered', now), now)) made += 1
    } catch (error) {
      onError(dagId, error)
    }
  }
  return made
}
