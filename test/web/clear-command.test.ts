import { expect, test } from 'vitest'
import { clearCommand } from '../../web/src/clear/clear-command.ts'

const RUN = { dagId: 'shop', runId: 'manual__1', upstream: false, downstream: false }

test('the CLI line of a cleared run names no task', () => {
  expect(clearCommand({ ...RUN, taskIds: null, onlyFailed: true })).toBe(
    'npx terrace tasks clear shop --run-id manual__1 -f',
  )
})

test('the CLI line of a cleared task matches that task alone, with what was chosen', () => {
  expect(
    clearCommand({
      ...RUN,
      taskIds: ['load'],
      onlyFailed: false,
      downstream: true,
      upstream: true,
    }),
  ).toBe("npx terrace tasks clear shop -t '^(load)$' --run-id manual__1 -d -u")
})
