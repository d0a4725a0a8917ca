// generate_history: what a new shop begins with, once. An order takes some twenty minutes to close, so
// a shop without a past would show no revenue on its first look: the last six hours of its past are sent at
// once. The days before them follow in the background, in pieces that no minute has to wait for.
//
// More of it, at any time: `npm run history -- --days 90`.
import { defineDag, once } from '../orchestrator/sdk/index.ts'
import { produceHistory, producePast } from '../tasks/generate/index.ts'

export default defineDag(
  {
    id: 'generate_history',
    description: 'Send the days before the first minute, once: SHOP_HISTORY_DAYS.',
    schedule: once,
    maxActiveRuns: 1,
    defaults: {
      retries: 10,
      retryDelay: '5s',
      backoff: 'exponential',
      maxRetryDelay: '1m',
      timeout: '12h',
    },
    tags: ['003', 'generate'],
  },
  (dag) => {
    const first = dag.task('produce_history', produceHistory, { topic: 'user_events' })
    dag
      .task('produce_past', producePast, { topic: 'user_events' }, { priorityWeight: 0 })
      .after(first)
  },
)
