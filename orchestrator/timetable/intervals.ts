// Which data interval a DAG runs next. Pure: the clock comes in. An interval reaches from one
// instant of the cron to the following one; its start is the run's logical date, and the run comes
// when it has ended (`runAfter`).

import type { SerializedSchedule } from '../graph/serialized-dag.ts'
import { CronTimes } from './cron-times.ts'

export interface Interval {
  start: Date
  end: Date
}

export interface DueInterval extends Interval {
  runAfter: Date
}

export interface ScheduleState {
  /** The end of the last interval that a run was made for; null before the first. */
  lastIntervalEnd: Date | null
  now: Date
  startDate: Date | null
  endDate: Date | null
  catchup: boolean
}

type TimeSchedule = Pick<SerializedSchedule, 'cron' | 'once'>

/**
 * The next interval to run, due when `runAfter` has come; null when time starts nothing (any more).
 *
 * With catchup every interval since the last one, or since the start date, comes in turn. Without,
 * or before the first run of a DAG that has no start date, intervals that have passed are left out
 * but for the latest complete one.
 */
export function nextInterval(schedule: TimeSchedule, state: ScheduleState): DueInterval | null {
  const { lastIntervalEnd, now, startDate, endDate, catchup } = state
  if (schedule.once) {
    if (lastIntervalEnd !== null) return null
    const at = startDate ?? now
    return endDate !== null && at > endDate ? null : { start: at, end: at, runAfter: at }
  }
  if (schedule.cron === null) return null

  const times = new CronTimes(schedule.cron)
  const bounds: Date[] = []
  if (startDate !== null) bounds.push(times.atOrAfter(startDate))
  // After an edit of the cron the last end may lie inside an interval of the new one, which is then
  // run as a whole (Airflow's rule).
  if (lastIntervalEnd !== null) bounds.push(times.atOrBefore(lastIntervalEnd))
  if (!catchup || bounds.length === 0) bounds.push(times.previous(times.atOrBefore(now)))
  const start = new Date(Math.max(...bounds.map((bound) => bound.getTime())))
  if (endDate !== null && start > endDate) return null
  const end = times.next(start)
  return { start, end, runAfter: end }
}

/** The interval that a manual run at this moment works on: the latest complete one. */
export function intervalOfManualRun(schedule: TimeSchedule, runAfter: Date): Interval {
  if (schedule.cron === null) return { start: runAfter, end: runAfter }
  const times = new CronTimes(schedule.cron)
  const end = times.atOrBefore(runAfter)
  return { start: times.previous(end), end }
}

/** The intervals that start in `[from, to]`, oldest first: what a backfill runs. */
export function* intervalsBetween(
  schedule: TimeSchedule,
  from: Date,
  to: Date,
): Generator<DueInterval> {
  if (schedule.cron === null) return
  const times = new CronTimes(schedule.cron)
  for (let start = times.atOrAfter(from); start <= to; ) {
    const end = times.next(start)
    yield { start, end, runAfter: end }
    start = end
  }
}
