// dds_to_clickhouse: take finished loads of the Data Vault to the marts.
//
// freeze_batch fixes which loads and days of one source; every table then holds exactly those once, whatever is
// killed when. A batch counts as published when its checks have passed; one that fails in three runs for a
// reason of its own is set aside, with an alert (docs/marts.md). Build tables anew with
// --conf '{"rebuild": {"marts": ["geo_analysis"], "from": "2026-01-01"}}' or '{"rebuild": "all"}'. When more
// waits, wake_next_batch starts the next run.
import { anyOf, asset, cron, defineDag, type TaskReference } from '../orchestrator/sdk/index.ts'
import {
  buildMart,
  checkBatch,
  checkMarts,
  FACTS,
  freezeBatch,
  MARTS,
  publishBatch,
  TARGETS,
  TITLES,
  tellSetAside,
  transferTable,
  wakeNextBatch,
} from '../tasks/marts/index.ts'

export default defineDag(
  {
    id: 'dds_to_clickhouse',
    description: 'Load facts and marts in ClickHouse from the Data Vault.',
    schedule: [
      cron('0 * * * *', { timezone: 'UTC' }),
      anyOf(
        asset('dds:user_events'),
        asset('dds:order-service_orders'),
        asset('dds:waiting_batch'),
      ),
    ],
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '10s', backoff: 'exponential', timeout: '30m' },
    tags: ['003', 'marts'],
  },
  (dag) => {
    const batch = dag.task('freeze_batch', freezeBatch, {})
    // Fails once for a batch that was set aside: that is its alert. The tables do not wait for it.
    dag.task('tell_set_aside', tellSetAside, { batch })
    const gate = dag.shortCircuit('check_batch', checkBatch, { batch })
    // A task for each folder of sql/marts that has a load, after those of the tables that it reads.
    const facts = FACTS.map((target) =>
      dag.task(`transfer_${target}`, transferTable, { target, batch }, docOf(target)).after(gate),
    )
    const loads = new Map<string, TaskReference>(FACTS.map((fact, n) => [fact, facts[n]!]))
    for (const [target, reads] of Object.entries(MARTS)) {
      const before = reads.map((table) => loads.get(table)!)
      const build = dag.task(`build_${target}`, buildMart, { target, batch }, docOf(target))
      loads.set(target, build.after(...before))
    }
    const check = dag
      .task('check_marts', checkMarts, { batch, loaded: facts })
      .after(...loads.values())
    dag.task('publish_batch', publishBatch, { batch, targets: [...TARGETS] }).after(check)
    // Also after a failure: one source holds back no other. Beside publish_batch, which decides with the
    // others whether the run has failed.
    dag
      .task(
        'wake_next_batch',
        wakeNextBatch,
        { batch },
        { triggerRule: 'all_done', outlets: [asset('dds:waiting_batch')] },
      )
      .after(check)
  },
)

function docOf(target: string): { doc: string } {
  return { doc: TITLES[target]! }
}
