// A DAG that `dags test` and a worker must run alike. What it tells of its context is the same in any
// two runs of an hour, but for the times.

import {
  defineDag,
  FailTask,
  RetryLater,
  SkipTask,
  type TaskContext,
} from '../../../orchestrator/sdk/index.ts'

const throws = (error: Error) => (): null => {
  throw error
}

// A gate's type says boolean; plain JavaScript, or a cast, returns anything.
const FALSY: [string, unknown][] = [
  ['false', false],
  ['zero', 0],
  ['text', ''],
  ['null', null],
  ['undefined', undefined],
]

export default defineDag(
  { id: 'both_ways', schedule: '@daily', catchup: false, params: { size: 1, kept: true } },
  (dag) => {
    for (const [name, value] of FALSY) {
      const gate = dag.shortCircuit(`gate_${name}`, () => value as boolean)
      const below = dag.task(`below_${name}`, () => 'ran').after(gate)
      dag.task(`far_below_${name}`, () => 'ran', {}, { triggerRule: 'all_done' }).after(below)
    }
    const open = dag.shortCircuit('open', () => 'yes' as unknown as boolean)
    dag.task('after_open', ({ open }: { open: boolean }) => open, { open })

    dag.task(
      'context',
      (_: unknown, context: TaskContext) => ({
        keys: Object.keys(context).sort(),
        ofRun: /^manual__/.test(context.runId),
        interval: [context.dataIntervalStart, context.dataIntervalEnd].map(
          (at) => at?.toISOString() ?? null,
        ),
        logicalDate: context.logicalDate?.toISOString() ?? null,
        conf: { ...context.conf },
        tries: [context.tryNumber, context.maxTries, context.mapIndex],
        fence: context.fence.value,
        runType: context.runType,
        events: context.triggeringAssetEvents.length,
        methods: Object.keys(context.log).sort(),
      }),
      {},
      { retries: 3 },
    )
    const skips = dag.task('skips', throws(new SkipTask('nothing to do')))
    dag.task('after_skip', () => 1).after(skips)
    dag.task('none_failed', () => 1, {}, { triggerRule: 'none_failed' }).after(skips)
    const fails = dag.task(
      'fails_for_good',
      throws(new FailTask('never again')),
      {},
      { retries: 3 },
    )
    dag.task('after_failure', () => 1).after(fails)
    dag.task('one_failed', () => 1, {}, { triggerRule: 'one_failed' }).after(fails)
    dag.task('asks_for_more_time', throws(new RetryLater('2h', 'not yet')))
    dag.task('leaves', (): null => process.exit(0))
    dag.task('leaves_a_process', (): null => process.exit(0), {}, { isolation: 'process' })
    dag.task('is_not_json', () => ({ at: Number.NaN }))
    dag.task('is_huge', () => 'x'.repeat(2_000_000))
    dag.task('finds_engines', async (_: unknown, context: TaskContext) => {
      console.log((await context.addresses()).warehouseUrl)
      return { ...(await context.addresses()) }
    })
    dag.task('tells', (_: unknown, { log }) => {
      console.log(`the key is ${process.env.SHOP_API_KEY}`)
      log.warning('careful', { key: process.env.SHOP_API_KEY })
    })
  },
)
