import { CronExpressionParser } from 'cron-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cronProblem } from '../../orchestrator/timetable/cron-expression.ts'
import { CronTimes } from '../../orchestrator/timetable/cron-times.ts'
import { offsetAt } from '../../orchestrator/timetable/time-zone.ts'
import { WallCron } from '../../orchestrator/timetable/wall-cron.ts'

function list(expression: string, timezone: string, from: string, count: number): string[] {
  const times = new CronTimes({ expression, timezone })
  const found: Date[] = []
  let at = new Date(from)
  while (found.length < count) {
    at = times.next(at)
    found.push(at)
  }
  return found.map(show)
}

const show = (date: Date) => date.toISOString().replace(/:00\.000Z$/, 'Z')

describe('golden run lists', () => {
  test.each<[string, string, string, string, string[]]>([
    [
      'Stockholm, spring: the skipped 02:30 comes at 03:30',
      '30 2 * * *',
      'Europe/Stockholm',
      '2026-03-27T12:00Z',
      ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z', '2026-03-31T00:30Z'],
    ],
    [
      'Stockholm, autumn: of two 02:30 the second',
      '30 2 * * *',
      'Europe/Stockholm',
      '2026-10-23T12:00Z',
      ['2026-10-24T00:30Z', '2026-10-25T01:30Z', '2026-10-26T01:30Z', '2026-10-27T01:30Z'],
    ],
    [
      'Stockholm, spring: every half hour goes on by the clock',
      '*/30 * * * *',
      'Europe/Stockholm',
      '2026-03-29T00:00Z',
      ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T01:30Z', '2026-03-29T02:00Z'],
    ],
    [
      'Stockholm, autumn: every half hour runs through both hours',
      '*/30 * * * *',
      'Europe/Stockholm',
      '2026-10-24T23:40Z',
      [
        '2026-10-25T00:00Z',
        '2026-10-25T00:30Z',
        '2026-10-25T01:00Z',
        '2026-10-25T01:30Z',
        '2026-10-25T02:00Z',
      ],
    ],
    [
      'New York, spring: times of the skipped hour meet those of the next and come once',
      '*/20 1-3 * * *',
      'America/New_York',
      '2026-03-08T06:30Z',
      [
        '2026-03-08T06:40Z',
        '2026-03-08T07:00Z',
        '2026-03-08T07:20Z',
        '2026-03-08T07:40Z',
        '2026-03-09T05:00Z',
      ],
    ],
    [
      'New York, autumn: the doubled hour is run in its second pass',
      '0 1-2 * * *',
      'America/New_York',
      '2026-10-31T12:00Z',
      ['2026-11-01T06:00Z', '2026-11-01T07:00Z', '2026-11-02T06:00Z'],
    ],
    [
      'New York: midnight moves with the clock',
      '0 0 * * *',
      'America/New_York',
      '2026-03-07T06:00Z',
      ['2026-03-08T05:00Z', '2026-03-09T04:00Z'],
    ],
    [
      'Istanbul: no clock change since 2016',
      '0 3 * * *',
      'Europe/Istanbul',
      '2026-03-28T00:30Z',
      ['2026-03-29T00:00Z', '2026-03-30T00:00Z'],
    ],
    [
      'Istanbul, the last change to summer time, which stayed',
      '30 3 * * *',
      'Europe/Istanbul',
      '2016-03-26T00:00Z',
      ['2016-03-26T01:30Z', '2016-03-27T01:30Z', '2016-03-28T00:30Z'],
    ],
    [
      'leap day',
      '0 0 29 2 *',
      'UTC',
      '2026-01-01T00:00Z',
      ['2028-02-29T00:00Z', '2032-02-29T00:00Z'],
    ],
    [
      'the last day of months in Stockholm',
      '0 12 L * *',
      'Europe/Stockholm',
      '2028-02-01T00:00Z',
      ['2028-02-29T11:00Z', '2028-03-31T10:00Z'],
    ],
    [
      'day of month or day of week, whichever comes',
      '0 0 13 * 5',
      'UTC',
      '2026-03-07T00:00Z',
      ['2026-03-13T00:00Z', '2026-03-20T00:00Z', '2026-03-27T00:00Z', '2026-04-03T00:00Z'],
    ],
    [
      'Lord Howe shifts by half an hour',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-02T20:00Z',
      ['2026-10-03T15:45Z', '2026-10-04T15:15Z'],
    ],
    [
      'Samoa left out a whole day',
      '0 12 * * *',
      'Pacific/Apia',
      '2011-12-28T12:00Z',
      ['2011-12-28T22:00Z', '2011-12-29T22:00Z', '2011-12-30T22:00Z'],
    ],
  ])('%s', (_name, expression, timezone, from, expected) => {
    expect(list(expression, timezone, from, expected.length)).toEqual(expected)
  })
})

const zones = [
  'UTC',
  'Europe/Istanbul',
  'Europe/Stockholm',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
]
const crons = [
  '30 2 * * *',
  '*/30 * * * *',
  '0 * * * *',
  '*/20 1-3 * * *',
  '0 0 * * 0',
  '15 2,3 * * *',
  '0 0 1 * *',
]

test('previous and next walk the same instants, and next always moves on', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...crons),
      fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2030, 0) }),
      (timezone, expression, at) => {
        const times = new CronTimes({ expression, timezone })
        const next = times.next(new Date(at))
        const before = times.previous(next)
        expect(next.getTime()).toBeGreaterThan(at)
        expect(before.getTime()).toBeLessThanOrEqual(at)
        expect(times.next(before)).toEqual(next)
        expect(times.atOrAfter(next)).toEqual(next)
        expect(times.atOrBefore(next)).toEqual(next)
      },
    ),
    { numRuns: 300 },
  )
})

test('around every clock change the walk equals a search minute by minute', () => {
  const changes: [string, number][] = [
    ['Europe/Stockholm', Date.UTC(2026, 2, 29, 1)],
    ['Europe/Stockholm', Date.UTC(2026, 9, 25, 1)],
    ['America/New_York', Date.UTC(2026, 2, 8, 7)],
    ['America/New_York', Date.UTC(2026, 10, 1, 6)],
    ['Australia/Lord_Howe', Date.UTC(2026, 9, 3, 15, 30)],
    ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15)],
  ]
  for (const [timezone, change] of changes) {
    const from = change - 3 * 3_600_000
    const to = change + 3 * 3_600_000
    const expected: number[] = []
    for (let at = from + 60_000; at <= to; at += 60_000) {
      if (((at + offsetAt(timezone, at)) / 60_000) % 10 === 0) expected.push(at)
    }
    const times = new CronTimes({ expression: '*/10 * * * *', timezone })
    const forwards: number[] = []
    for (let at = times.next(new Date(from)); at.getTime() <= to; at = times.next(at)) {
      forwards.push(at.getTime())
    }
    const backwards: number[] = []
    for (let at = times.previous(new Date(to + 1)); at.getTime() > from; at = times.previous(at)) {
      backwards.unshift(at.getTime())
    }
    expect(forwards).toEqual(expected)
    expect(backwards).toEqual(expected)
  }
})

test('a cron that is another time at every reading is refused', () => {
  expect(cronProblem('H * * * *')?.problem).toContain('uses H')
  expect(cronProblem('0 0 * * THU')).toBeNull()
})

test('without a zone the walk equals that of cron-parser, in both directions', () => {
  const any = [
    '*/7 3,5-9 * * *',
    '0 0 13 * 5',
    '0 12 L * *',
    '5 4 * * 5L',
    '5 4 * * 1#2',
    '0 0 1,15 * 7',
    '30 6 * 2-4 MON-WED,SUN',
    '59 23 31 12 *',
    '0 0 29 2 *',
    '*/15 */6 L 2 1',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...any),
      fc.integer({ min: Date.UTC(1999, 0), max: Date.UTC(2040, 0) }),
      (expression, from) => {
        const parser = CronExpressionParser.parse(expression, {
          tz: 'UTC',
          currentDate: new Date(from),
        })
        const forwards = new WallCron(expression).beyond(from, 1)
        for (let step = 0; step < 3; step++) {
          expect(forwards.next().value).toBe(parser.next().getTime())
        }
        parser.reset(new Date(from))
        const backwards = new WallCron(expression).beyond(from, -1)
        for (let step = 0; step < 3; step++) {
          expect(backwards.next().value).toBe(parser.prev().getTime())
        }
      },
    ),
    { numRuns: 150 },
  )
})

test('a cron of every hour follows the clock, however its hours are written', () => {
  const all = Array.from({ length: 24 }, (_, hour) => hour)
  const ways = ['*', '*/1', '0-23', '0-23/1', '0/1', '?', '0-11,12-23', all.toReversed().join(',')]
  for (const [timezone, from, count] of [
    ['Europe/Stockholm', '2026-10-24T22:10Z', 6],
    ['Europe/Stockholm', '2026-03-28T23:10Z', 6],
    ['Australia/Lord_Howe', '2026-10-03T13:10Z', 6],
  ] as const) {
    const wanted = list('30 * * * *', timezone, from, count)
    for (const hours of ways)
      expect(list(`30 ${hours} * * *`, timezone, from, count)).toEqual(wanted)
    // One hour less, and the cron names hours: another walk.
    expect(list('30 1-23 * * *', timezone, from, count)).not.toEqual(wanted)
  }
})
