// generate_events: the synthetic shop sends one minute of events to the log, every minute, or days of
// history at once: `terrace dags trigger generate_events --conf '{"days": 90}'`.
//
// Seeded by the interval: a minute that is run again sends the same messages with the same ids.
// New messages wake kafka_to_raw through the watcher of the topic, so there is no outlet here.
import { cron, defineDag } from '../orchestrator/sdk/index.ts'
import { produceBatch } from '../tasks/generate/index.ts'

export default defineDag(
  {
    id: 'generate_events',
    description: 'Send a minute of synthetic shop events, or days of history, to the log.',
    schedule: cron('* * * * *', { timezone: 'UTC' }),
    catchup: false,
    // The minutes go on beside a history, which takes from seconds to an hour or two.
    maxActiveRuns: 2,
    // No later run sends this minute: it waits some seven minutes for a broker that is away.
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
    dag.task('produce_batch', produceBatch, { topic: 'user_events' })
  },
)
