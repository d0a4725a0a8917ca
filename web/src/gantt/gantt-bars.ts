// Where the bars of a run lie on its time axis, in percent of the axis.

import type { RunAttempt, TaskInstance } from '../api/types.ts'

export interface Axis {
  from: number
  to: number
}

/** What a bar is drawn from: a task as it stands, or an attempt that has ended. */
export type Timed = Pick<TaskInstance, 'state' | 'queued_when' | 'start_date' | 'end_date'>

export interface Bar {
  /** From queued to started. */
  wait: { left: number; width: number } | null
  /** From started to ended, or to now. */
  run: { left: number; width: number } | null
}

/** From the first task queued to the last one ended; to now while one is under way. */
export function axisOf(instances: readonly Timed[], now: number): Axis | null {
  const begins = instances.flatMap(({ queued_when, start_date }) =>
    timesOf(queued_when, start_date),
  )
  if (begins.length === 0) return null
  const from = Math.min(...begins)
  const isMoving = instances.some((one) => one.end_date === null && isUnderWay(one))
  const ends = instances.flatMap(({ end_date, start_date }) => timesOf(end_date, start_date))
  return { from, to: Math.max(from + 1_000, isMoving ? now : from, ...ends) }
}

export function barOf(instance: Timed, axis: Axis, now: number): Bar {
  const [queued, started, ended] = [
    instance.queued_when,
    instance.start_date,
    instance.end_date,
  ].map((at) => (at === null ? null : Date.parse(at)))
  const end = ended ?? (isUnderWay(instance) ? now : null)
  // The time of an earlier attempt's queueing may be later than a kept start.
  const waited = queued != null && (started == null || queued <= started)
  return {
    wait: waited ? span(queued, started ?? end, axis) : null,
    run: started == null ? null : span(started, end, axis),
  }
}

/**
 * The attempts of each task before the one that its instance stands for, by `rowOf`. A clear keeps the
 * attempts and begins anew, so they are told apart by their times.
 */
export function earlierAttempts(
  instances: readonly TaskInstance[],
  attempts: readonly RunAttempt[],
): ReadonlyMap<string, RunAttempt[]> {
  const startOf = new Map(instances.map((one) => [rowOf(one), one.start_date]))
  const earlier = new Map<string, RunAttempt[]>()
  for (const attempt of attempts) {
    const row = rowOf(attempt)
    if (attempt.start_date !== null && attempt.start_date === startOf.get(row)) continue
    const known = earlier.get(row)
    if (known) known.push(attempt)
    else earlier.set(row, [attempt])
  }
  return earlier
}

export function rowOf({ task_id, map_index }: Pick<TaskInstance, 'task_id' | 'map_index'>): string {
  return `${task_id} ${map_index}`
}

export function isUnderWay({ state }: Timed): boolean {
  return state === 'running' || state === 'queued' || state === 'restarting'
}

function span(from: number, to: number | null, axis: Axis) {
  const whole = axis.to - axis.from
  return {
    left: ((from - axis.from) / whole) * 100,
    width: (Math.max(0, (to ?? from) - from) / whole) * 100,
  }
}

function timesOf(...times: (string | null)[]): number[] {
  return times.flatMap((at) => (at === null ? [] : [Date.parse(at)]))
}
