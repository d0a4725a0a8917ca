// raw_to_dds: validate what landed of user_events and take it to the Data Vault
// (tasks/dds/load-topic.ts).
//
// Triggered with --conf '{"rebuild": true}' it first builds the whole vault anew from raw.
import { asset, cron, defineDag } from '../orchestrator/sdk/index.ts'
import { loadTopic, rebuildVault } from '../tasks/dds/index.ts'

export default defineDag(
  {
    id: 'raw_to_dds',
    description: 'Validate landed events and load them into the Data Vault.',
    schedule: [cron('0 * * * *', { timezone: 'UTC' }), asset('raw:user_events')],
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '10s', backoff: 'exponential', timeout: '30m' },
    tags: ['003', 'dds'],
  },
  (dag) => {
    const rebuilt = dag.task('rebuild_vault', rebuildVault, {}, { timeout: '12h' })
    loadTopic(dag, 'user_events', rebuilt)
  },
)
