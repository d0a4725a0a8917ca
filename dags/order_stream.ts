// order_stream: land orders of every source that sends whole ones, and take them to the Data Vault.
//
// One run does both hops of its topic, so that an order is in dds seconds after it was sent. Looked at
// every minute, too: a run that finds nothing new ends at its gate.
import { asset, cron, defineDag } from '../orchestrator/sdk/index.ts'
import { hasWork, loadTopic } from '../tasks/dds/index.ts'
import { consumeAndSave, measureLag } from '../tasks/raw/index.ts'

const TOPIC = 'order-service_orders'

export default defineDag(
  {
    id: 'order_stream',
    description: 'Land whole orders and load them into the Data Vault.',
    schedule: [cron('* * * * *', { timezone: 'UTC' }), asset(`log:${TOPIC}`)],
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '10s', backoff: 'exponential', timeout: '30m' },
    tags: ['002', '004', 'raw', 'dds'],
  },
  (dag) => {
    const lag = dag.task('measure_lag', measureLag, { topics: [TOPIC] })
    const gate = dag.shortCircuit('check_kafka_message', hasWork, { lag })
    const landed = dag
      .task('consume_and_save', consumeAndSave, { lag }, { outlets: [asset(`raw:${TOPIC}`)] })
      .after(gate)
    loadTopic(dag, TOPIC, landed)
  },
)
