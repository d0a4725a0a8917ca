// init_dwh: bring the Postgres layers of the warehouse forward. Safe to run at any time.
import { defineDag, once } from '../orchestrator/sdk/index.ts'
import { initDwh } from '../tasks/dds/init-dwh.ts'

export default defineDag(
  {
    id: 'init_dwh',
    description: 'Apply the migrations of raw and dds.',
    schedule: once,
    maxActiveRuns: 1,
    // It runs once: it waits some minutes for a store that is away.
    defaults: {
      retries: 10,
      retryDelay: '5s',
      backoff: 'exponential',
      maxRetryDelay: '1m',
      timeout: '5m',
    },
    tags: ['init'],
  },
  (dag) => {
    dag.task('migrate_warehouse', initDwh)
  },
)
