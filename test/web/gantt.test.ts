import { describe, expect, test } from 'vitest'
import type { TaskInstance } from '../../web/src/api/types.ts'
import { axisOf, barOf, earlierAttempts, rowOf } from '../../web/src/gantt/gantt-bars.ts'
import { ticksOf } from '../../web/src/gantt/ticks.ts'

const AT = (seconds: number) => new Date(seconds * 1000).toISOString()

function task(more: Partial<TaskInstance>): TaskInstance {
  return {
    dag_id: 'd',
    dag_run_id: 'r',
    task_id: 't',
    map_index: -1,
    state: 'success',
    try_number: 1,
    max_tries: 0,
    queued_when: null,
    start_date: null,
    end_date: null,
    duration: null,
    hostname: null,
    pid: null,
    pool: 'default_pool',
    queue: 'default',
    ...more,
  }
}

describe('a gantt', () => {
  const ended = task({ queued_when: AT(100), start_date: AT(110), end_date: AT(150) })
  const running = task({ state: 'running', queued_when: AT(150), start_date: AT(160) })

  test('spans from the first task queued to the last one ended', () => {
    expect(axisOf([ended], 999_000)).toEqual({ from: 100_000, to: 150_000 })
  })

  test('grows to now while a task is under way', () => {
    expect(axisOf([ended, running], 200_000)).toEqual({ from: 100_000, to: 200_000 })
  })

  test('has no axis before anything was queued', () => {
    expect(axisOf([task({ state: null })], 1)).toBeNull()
  })

  test('shows how long a task waited before how long it ran', () => {
    expect(barOf(ended, { from: 100_000, to: 200_000 }, 0)).toEqual({
      wait: { left: 0, width: 10 },
      run: { left: 10, width: 40 },
    })
    expect(barOf(running, { from: 100_000, to: 200_000 }, 200_000)).toEqual({
      wait: { left: 50, width: 10 },
      run: { left: 60, width: 40 },
    })
  })

  test('shows a task that was cleared while queued as waiting until now', () => {
    const queued = task({ state: 'queued', queued_when: AT(120) })
    expect(barOf(queued, { from: 100_000, to: 200_000 }, 200_000)).toEqual({
      wait: { left: 20, width: 80 },
      run: null,
    })
  })

  test('shows each attempt once: those before the one that the task stands for, cleared ones too', () => {
    const attempt = (number: number, start: number) => ({
      ...{ task_id: 't', map_index: -1, state: 'failed' as const, try_number: number },
      ...{ queued_when: AT(start - 1), start_date: AT(start), end_date: AT(start + 5) },
    })
    const attempts = [attempt(1, 10), attempt(1, 20), attempt(2, 110)]
    const rows = earlierAttempts([ended], attempts)
    expect(rows.get(rowOf(ended))).toEqual(attempts.slice(0, 2))
    expect(axisOf([ended, ...attempts], 0)).toEqual({ from: 9_000, to: 150_000 })
  })

  test('marks its axis at round numbers, never more than asked for', () => {
    expect(ticksOf(4.4, 8)).toEqual([0, 1, 2, 3, 4])
    expect(ticksOf(3_600, 8)).toEqual([0, 600, 1_200, 1_800, 2_400, 3_000, 3_600])
    for (const seconds of [0.7, 12, 61, 9_999, 1e6])
      expect(ticksOf(seconds, 8).length).toBeLessThanOrEqual(9)
  })
})
