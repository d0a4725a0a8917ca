// A check that finds rows, and what would have published them.

import { DataCheckFailed, defineDag } from '../../../orchestrator/sdk/index.ts'

export default defineDag(
  { id: 'checks', schedule: null, defaults: { retries: 3, retryDelay: '1h' } },
  (dag) => {
    const check = dag.task('check', (): null => {
      throw new DataCheckFailed('sql/checks/totals.sql: 2 offending rows')
    })
    dag.task('publish', () => 1).after(check)
  },
)
