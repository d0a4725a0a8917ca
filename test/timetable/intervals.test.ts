import { describe, expect, test } from 'vitest'
import {
  intervalOfManualRun,
  intervalsBetween,
  nextInterval,
  type ScheduleState,
} from '../../orchestrator/timetable/intervals.ts'
import { runIdFor, runIdProblem } from '../../orchestrator/timetable/run-ids.ts'

const hourly = { cron: { expression: '0 * * * *', timezone: 'UTC' }, once: false }
const daily = { cron: { expression: '0 0 * * *', timezone: 'UTC' }, once: false }
const once = { cron: null, once: true }
const none = { cron: null, once: false }
const at = (text: string) => new Date(text)
const state = (changes: Partial<ScheduleState> = {}): ScheduleState => ({
  lastIntervalEnd: null,
  now: at('2026-05-10T12:34:56Z'),
  startDate: null,
  endDate: null,
  catchup: false,
  ...changes,
})
const starts = (interval: { start: Date } | null) =>
  interval?.start.toISOString().slice(0, 16) ?? null

describe('the next interval', () => {
  test('is the latest complete one at first, and runs after its end', () => {
    expect(nextInterval(hourly, state())).toEqual({
      start: at('2026-05-10T11:00Z'),
      end: at('2026-05-10T12:00Z'),
      runAfter: at('2026-05-10T12:00Z'),
    })
  })

  test('is complete at the very instant of its end', () => {
    expect(starts(nextInterval(hourly, state({ now: at('2026-05-10T12:00Z') })))).toBe(
      '2026-05-10T11:00',
    )
  })

  test('follows the last one', () => {
    const next = nextInterval(hourly, state({ lastIntervalEnd: at('2026-05-10T12:00Z') }))
    expect(next?.runAfter).toEqual(at('2026-05-10T13:00Z'))
  })

  test('leaves out what has passed, without catchup', () => {
    const next = nextInterval(hourly, state({ lastIntervalEnd: at('2026-05-01T00:00Z') }))
    expect(starts(next)).toBe('2026-05-10T11:00')
  })

  test('leaves out nothing, with catchup', () => {
    const passed = { catchup: true, lastIntervalEnd: at('2026-05-01T00:00Z') }
    expect(starts(nextInterval(hourly, state(passed)))).toBe('2026-05-01T00:00')
  })

  test('starts at the start date with catchup, aligned to the cron', () => {
    const next = nextInterval(daily, state({ catchup: true, startDate: at('2026-01-01T06:00Z') }))
    expect(starts(next)).toBe('2026-01-02T00:00')
  })

  test('waits for a start date in the future', () => {
    const next = nextInterval(daily, state({ startDate: at('2026-06-01T00:00Z') }))
    expect(next?.runAfter).toEqual(at('2026-06-02T00:00Z'))
  })

  test('is none when it would start after the end date', () => {
    const ending = { endDate: at('2026-05-09T00:00Z') }
    expect(starts(nextInterval(daily, state(ending)))).toBe('2026-05-09T00:00')
    const ended = { ...ending, lastIntervalEnd: at('2026-05-10T00:00Z') }
    expect(nextInterval(daily, state(ended))).toBeNull()
  })

  test('is aligned to a cron that was edited', () => {
    const next = nextInterval(
      daily,
      state({ catchup: true, lastIntervalEnd: at('2026-05-10T11:00Z') }),
    )
    expect(starts(next)).toBe('2026-05-10T00:00')
  })

  test('of @once is one moment, and none after that', () => {
    expect(starts(nextInterval(once, state()))).toBe('2026-05-10T12:34')
    expect(starts(nextInterval(once, state({ startDate: at('2026-06-01T00:00Z') })))).toBe(
      '2026-06-01T00:00',
    )
    expect(nextInterval(once, state({ lastIntervalEnd: at('2026-01-01T00:00Z') }))).toBeNull()
  })

  test('is none without a schedule by time', () => {
    expect(nextInterval(none, state())).toBeNull()
  })

  test('spans 23 and 25 hours on the days of a clock change', () => {
    const stockholm = {
      cron: { expression: '0 0 * * *', timezone: 'Europe/Stockholm' },
      once: false,
    }
    const hours = (from: string) => {
      const [interval] = intervalsBetween(stockholm, at(from), at('2027-01-01T00:00Z'))
      return interval && (interval.end.getTime() - interval.start.getTime()) / 3_600_000
    }
    expect(hours('2026-03-28T23:00Z')).toBe(23)
    expect(hours('2026-10-24T22:00Z')).toBe(25)
  })
})

test('a year with catchup is every interval exactly once, without holes', () => {
  const stockholm = {
    cron: { expression: '30 2 * * *', timezone: 'Europe/Stockholm' },
    once: false,
  }
  let lastIntervalEnd: Date | null = null
  const ends = new Set<number>()
  for (let run = 0; run < 365; run++) {
    const next = nextInterval(
      stockholm,
      state({ catchup: true, startDate: at('2026-01-01T00:00Z'), lastIntervalEnd }),
    )
    if (lastIntervalEnd) expect(next?.start).toEqual(lastIntervalEnd)
    lastIntervalEnd = next!.end
    ends.add(next!.end.getTime())
  }
  expect(ends.size).toBe(365)
  expect(lastIntervalEnd).toEqual(at('2027-01-01T01:30Z'))
})

test('a manual run works on the latest complete interval', () => {
  expect(intervalOfManualRun(hourly, at('2026-05-10T12:34Z'))).toEqual({
    start: at('2026-05-10T11:00Z'),
    end: at('2026-05-10T12:00Z'),
  })
  expect(intervalOfManualRun(none, at('2026-05-10T12:34Z')).start).toEqual(at('2026-05-10T12:34Z'))
})

test('a backfill runs the intervals that start in its range, both ends included', () => {
  const plan = [...intervalsBetween(daily, at('2024-02-28T00:00Z'), at('2024-03-01T00:00Z'))]
  expect(plan.map(starts)).toEqual(['2024-02-28T00:00', '2024-02-29T00:00', '2024-03-01T00:00'])
})

test('run ids name the way and the moment', () => {
  const moment = at('2026-05-10T12:00Z')
  expect(runIdFor('scheduled', moment)).toBe('scheduled__2026-05-10T12:00:00Z')
  expect(runIdFor('asset_triggered', at('2026-05-10T12:00:00.5Z'))).toBe(
    'asset__2026-05-10T12:00:00.500Z',
  )
  expect(runIdFor('manual', moment, 'x1')).toBe('manual__2026-05-10T12:00:00Z_x1')
  expect(runIdProblem('mine')).toBeNull()
  expect(runIdProblem('scheduled__x')?.problem).toContain('kept')
  expect(runIdProblem('a b')?.problem).toContain('not allowed')
})
