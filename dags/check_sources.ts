// check_sources: tell of sources whose messages are late in the marts, or that went silent.
//
// A DAG of its own, so that it tells also when a DAG of the warehouse is paused, fails or hangs. Its run
// fails once for each delay; the next runs are green until that is over and another begins.
import { cron, defineDag } from '../orchestrator/sdk/index.ts'
import { checkSources } from '../tasks/freshness/index.ts'

export default defineDag(
  {
    id: 'check_sources',
    description: 'Tell of sources that are late or silent.',
    schedule: cron('*/5 * * * *', { timezone: 'UTC' }),
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 2, retryDelay: '10s', timeout: '4m' },
    tags: ['freshness'],
  },
  (dag) => {
    dag.task('check_sources', checkSources, {})
  },
)
