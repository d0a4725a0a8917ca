import { expect, test } from 'vitest'
import { markCommand } from '../../web/src/mark/mark-command.ts'

const RUN = { dagId: 'shop', runId: 'manual__1' }

test('the CLI line of a marked task names the task, the run and the state', () => {
  const task = { taskId: 'load', mapIndex: -1 }
  expect(markCommand({ ...RUN, task, state: 'skipped' })).toBe(
    'npx terrace tasks mark shop load manual__1 skipped',
  )
})

test('the CLI line of a run stops it, or marks it', () => {
  expect(markCommand({ ...RUN, task: null, state: 'failed' })).toBe(
    'npx terrace dags stop-run shop manual__1',
  )
  expect(markCommand({ ...RUN, task: null, state: 'success' })).toBe(
    'npx terrace dags mark-run shop manual__1 success',
  )
})
