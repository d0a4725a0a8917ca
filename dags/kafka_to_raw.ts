// kafka_to_raw: land new shop events in raw.user_events.
//
// Offsets live in the same transaction as the rows, so a crash re-reads a batch and writes it once.
import { asset, cron, defineDag } from '../orchestrator/sdk/index.ts'
import { checkKafkaMessage, consumeAndSave, measureLag } from '../tasks/raw/index.ts'

export default defineDag(
  {
    id: 'kafka_to_raw',
    description: 'Land shop events in the raw layer.',
    schedule: [cron('*/30 * * * *', { timezone: 'UTC' }), asset('log:user_events')],
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '30s', backoff: 'exponential', timeout: '30m' },
    tags: ['003', 'raw'],
  },
  (dag) => {
    const lag = dag.task('measure_lag', measureLag, { topics: ['user_events'] })
    const gate = dag.shortCircuit('check_kafka_message', checkKafkaMessage, { lag })
    dag
      .task('consume_and_save', consumeAndSave, { lag }, { outlets: [asset('raw:user_events')] })
      .after(gate)
  },
)
