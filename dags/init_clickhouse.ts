// init_clickhouse: bring the marts in ClickHouse forward. Safe to run at any time.
import { defineDag, once } from '../orchestrator/sdk/index.ts'
import { initClickhouse } from '../tasks/marts/init-clickhouse.ts'

export default defineDag(
  {
    id: 'init_clickhouse',
    description: 'Apply the migrations of the marts.',
    schedule: once,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '10s', timeout: '5m' },
    tags: ['init'],
  },
  (dag) => {
    dag.task('migrate_marts', initClickhouse)
  },
)
