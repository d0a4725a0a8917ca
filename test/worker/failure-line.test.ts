import { expect, test } from 'vitest'
import { failureLine } from '../../orchestrator/worker/failure-line.ts'

const ABOUT = {
  dagId: 'kafka_to_raw',
  runId: 'manual__2026-03-01T06:00:00Z',
  taskId: 'consume_and_save',
  mapIndex: -1,
  tryNumber: 2,
  maxTries: 3,
}

test('a failure is one line that names the attempt, the cause and the command for its log', () => {
  const error = 'Kafka did not answer\n    at connect (kafka.ts:1:1)'
  expect(failureLine(ABOUT, { outcome: 'failed', error, delayMs: null })).toBe(
    'kafka_to_raw.consume_and_save failed in run manual__2026-03-01T06:00:00Z (try 2 of 4): ' +
      'Kafka did not answer · npx terrace tasks logs kafka_to_raw consume_and_save ' +
      'manual__2026-03-01T06:00:00Z --try 2',
  )
})

test('one that is tried again says when, and one of a mapped task which', () => {
  const end = { outcome: 'up_for_retry', error: null, delayMs: 29_100 } as const
  expect(failureLine({ ...ABOUT, mapIndex: 3 }, end)).toMatch(
    /consume_and_save\[3\] failed .*\(try 2 of 4, again in 30 s\): no message .* --map-index 3$/,
  )
})

test.each([
  ['the first of a task with one retry', 'up_for_retry', 1, 1, 'try 1 of 2, again in 5 s'],
  ['its second', 'failed', 2, 1, 'try 2 of 2'],
  ['the only one', 'failed', 1, 0, 'try 1 of 1'],
  ['more than were planned, since one was lost', 'up_for_retry', 2, 1, 'try 2 of 3, again in 5 s'],
] as const)('the tries are counted in all: %s', (_what, outcome, tryNumber, maxTries, counted) => {
  const line = failureLine(
    { ...ABOUT, tryNumber, maxTries },
    { outcome, error: 'x', delayMs: outcome === 'failed' ? null : 5_000 },
  )
  expect(line).toContain(`(${counted})`)
})

test('nothing is said of an attempt that did not fail', () => {
  for (const outcome of ['success', 'skipped', 'released', 'cancelled'] as const) {
    expect(failureLine(ABOUT, { outcome, error: 'x', delayMs: null })).toBeNull()
  }
})
