// init_clickhouse: bring the marts in ClickHouse forward. Safe to run at any time.
import { defineDag, once } from '../orchestrator/sdk/index.ts'
import { initClickhouse } from '../tasks/marts/init-clickhouse.ts'

export default defineDag(
  {
    id: 'init_clickhouse',
    description: 'Apply the migrations of the marts.',
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
    dag.task('migrate_marts', initClickhouse)
  },
)
