// What no later run would do waits for a broker or a database that is away for minutes.

import { expect, it } from 'vitest'
import generateEvents from '../../dags/generate_events.ts'
import generateHistory from '../../dags/generate_history.ts'
import initClickhouse from '../../dags/init_clickhouse.ts'
import initDwh from '../../dags/init_dwh.ts'
import { afterFailure } from '../../orchestrator/graph/retry.ts'

const FIVE_MINUTES = 5 * 60_000

it.each(
  [generateEvents, generateHistory, initDwh, initClickhouse].flatMap(({ serialized }) =>
    serialized.tasks.map((task) => ({ id: `${serialized.dagId}.${task.taskId}`, task })),
  ),
)('$id is tried again for five minutes at least', ({ task }) => {
  let waitedMs = 0
  for (let failures = 1; ; failures += 1) {
    const after = afterFailure({
      kind: 'error',
      failures,
      retries: task.retries,
      policy: task,
      random: () => 0.99,
    })
    if (after.state === 'failed') break
    waitedMs += after.delayMs
  }
  expect(waitedMs).toBeGreaterThan(FIVE_MINUTES)
})
