// dds_to_clickhouse: take finished loads of the Data Vault to the marts.
//
// freeze_batch fixes which loads; every table then holds exactly those once, whatever is killed when.
import { asset, cron, defineDag } from '../orchestrator/sdk/index.ts'
import {
  buildMart,
  checkBatch,
  checkMarts,
  freezeBatch,
  publishBatch,
  transferTable,
} from '../tasks/marts/index.ts'

export default defineDag(
  {
    id: 'dds_to_clickhouse',
    description: 'Load facts and marts in ClickHouse from the Data Vault.',
    schedule: [cron('0 * * * *', { timezone: 'UTC' }), asset('dds:user_events')],
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '10s', backoff: 'exponential', timeout: '30m' },
    tags: ['003', 'marts'],
  },
  (dag) => {
    const batch = dag.task('freeze_batch', freezeBatch)
    const gate = dag.shortCircuit('check_batch', checkBatch, { batch })
    const events = dag
      .task('transfer_fct_event', transferTable, { target: 'fct_event', batch })
      .after(gate)
    const users = dag
      .task('build_active_users_7d', buildMart, { target: 'active_users_7d', batch })
      .after(events)
    const publish = dag
      .task('publish_batch', publishBatch, { batch, targets: ['fct_event', 'active_users_7d'] })
      .after(users)
    dag.task('check_marts', checkMarts, { batch, loaded: events }).after(publish)
  },
)
