// generate_history: what a new shop begins with, once. An order takes some twenty minutes to close, so
// a shop without a past would show no revenue on its first look.
//
// More of it, at any time: `npm run history -- --days 90`.
import { defineDag, once } from '../orchestrator/sdk/index.ts'
import { produceHistory } from '../tasks/generate/index.ts'

export default defineDag(
  {
    id: 'generate_history',
    description: 'Send the hours before the first minute, once: SHOP_HISTORY_DAYS.',
    schedule: once,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '5s', timeout: '12h' },
    tags: ['003', 'generate'],
  },
  (dag) => {
    dag.task('produce_history', produceHistory, { topic: 'user_events' })
  },
)
