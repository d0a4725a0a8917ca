// From a handler that throws, through a real worker, to the alert.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { listAlerts } from '../../orchestrator/store/read/alerts.ts'
import { type WorkerUnderTest, workerUnderTest } from '../worker/worker-under-test.ts'

let under: WorkerUnderTest
beforeAll(async () => {
  under = await workerUnderTest()
})
afterAll(() => under.close())

test('a data check that fails ends its task at once, and the alert says that it is the data', async () => {
  const folder = new URL('./dags', import.meta.url).pathname
  await under.register(folder, 'checks.ts')
  await under.start({ dagsFolder: folder })
  expect(await under.runEnd(await under.trigger('checks'))).toBe('failed')
  const { rows } = await listAlerts(under.pool, {}, { limit: 10, offset: 0 })
  expect(rows.reverse()).toMatchObject([
    {
      kind: 'data_check_failed',
      code: 'data_check',
      dagId: 'checks',
      taskId: 'check',
      tryNumber: 1,
      error: 'sql/checks/totals.sql: 2 offending rows',
    },
    { kind: 'run_failed', dagId: 'checks', error: 'Failed: check.' },
  ])
})
