// What tasks may do and say, for the worker's tests.

import {
  asset,
  defineDag,
  FailTask,
  RetryLater,
  SkipTask,
  type TaskReference,
} from '../../../orchestrator/sdk/index.ts'

const fails = (message: string) => (): null => {
  throw new Error(message)
}

export const chain = defineDag({ id: 'chain', schedule: null }, (dag) => {
  let before: TaskReference<number> = dag.task('t0', () => 1)
  for (let n = 1; n < 40; n += 1) {
    before = dag.task(`t${n}`, ({ before }: { before: number }) => before + 1, { before })
  }
})

export const fanOut = defineDag({ id: 'fan_out', schedule: null, maxActiveTasks: 1_000 }, (dag) => {
  const first = dag.task('first', () => ({ base: 10 }))
  const middle = Array.from({ length: 60 }, (_, n) =>
    dag.task(`m${n}`, ({ first, n }: { first: { base: number }; n: number }) => first.base + n, {
      first,
      n,
    }),
  )
  dag.task('last', () => 'done').after(...middle)
})

export const ends = defineDag({ id: 'ends', schedule: null }, (dag) => {
  dag.task('skips', (): null => {
    throw new SkipTask('nothing to do')
  })
  dag.task(
    'fails_for_good',
    (): null => {
      throw new FailTask('never again')
    },
    {},
    { retries: 3 },
  )
  dag.task('fails', fails('broken\0bolt'))
  dag.task('retries', fails('once more'), {}, { retries: 2, retryDelay: '1h', jitter: 0 })
  dag.task(
    'retries_later',
    (): null => {
      throw new RetryLater('2h')
    },
    {},
    { retries: 1 },
  )
  dag.task(
    'times_out',
    (_: unknown, context) =>
      new Promise<null>((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason))
      }),
    {},
    { timeout: '50ms' },
  )
  dag.task(
    'hangs',
    () => {
      for (;;);
    },
    {},
    { timeout: '50ms' },
  )
  dag.task('exits', () => process.exit(7))
  dag.task('is_not_json', () => ({ rows: [1, Number.NaN] }))
  dag.task('is_huge', () => 'x'.repeat(2_000_000))
  dag.task(
    'throws_later',
    () =>
      new Promise<null>(() => {
        setTimeout(() => {
          throw new Error('from a timer')
        })
      }),
  )
  dag.task('eats_memory', () => {
    const eaten: number[][] = []
    for (;;) eaten.push(Array.from({ length: 100_000 }, (_, n) => n))
  })
  dag.task('updates', () => null, {}, { outlets: [asset('a'), asset('b')] })
})

export const gate = defineDag({ id: 'gate', schedule: null }, (dag) => {
  const closed = dag.shortCircuit('closed', () => false)
  const below = dag.task('below', () => 1).after(closed)
  dag.task('far_below', () => 2, {}, { triggerRule: 'all_done' }).after(below)
  const open = dag.shortCircuit('open', () => true)
  dag.task('after_open', () => 3).after(open)
})

export const early = defineDag({ id: 'early', schedule: null }, (dag) => {
  const slow = dag.task('slow', () => 1)
  const closed = dag.shortCircuit('closed', () => false).after(slow)
  dag.task('always', () => 2, {}, { triggerRule: 'always' }).after(closed)
  dag.task('waits', () => 3, {}, { triggerRule: 'all_done' }).after(closed)
})

export const talks = defineDag({ id: 'talks', schedule: null }, (dag) => {
  dag.task('talks', (_: unknown, { log }) => {
    log.info('one', { n: 1 })
    console.log('two')
    process.stderr.write('thr')
    process.stderr.write('ee\n')
    log.warning(`four ${process.env.SHOP_API_KEY}`)
    console.log('postgres://me:sesame77@host/db')
    process.stdout.write('unfinished')
    return null
  })
  dag.task('floods', () => {
    for (let n = 0; n < 2_000; n += 1) console.log('x'.repeat(20_000))
    return null
  })
  dag.task(
    'in_process',
    (_: unknown, { log }) => {
      log.info('from a process')
      return { isProcess: process.send !== undefined }
    },
    {},
    { isolation: 'process' },
  )
})

export const waits = defineDag({ id: 'waits', schedule: null }, (dag) => {
  dag.task('waits', (_: unknown, { signal, log }) => {
    log.info('waiting')
    return new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => resolve('waited'), 60_000)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason)
      })
    })
  })
})

export const context = defineDag(
  { id: 'context', schedule: null, params: { size: 1, kept: true } },
  (dag) => {
    dag.task('tells', (_: unknown, context) => ({
      ids: [context.dagId, context.taskId, context.runId],
      conf: context.conf,
      tryNumber: context.tryNumber,
      fence: context.fence.value,
      runAfter: context.runAfter.toISOString(),
    }))
  },
)

/** Throws where no handler is on the stack any more. */
const throwsLater = (thrown: () => unknown) => () =>
  new Promise<null>(() => {
    setTimeout(() => {
      throw thrown()
    })
  })

export const late = defineDag({ id: 'late', schedule: null }, (dag) => {
  dag.task(
    'nul',
    throwsLater(() => new Error('late\0bolt')),
  )
  dag.task(
    'leaks',
    throwsLater(() => new Error(`no entry with ${process.env.SHOP_PASSWORD}`)),
  )
  dag.task(
    'nothing',
    throwsLater(() => null),
  )
  dag.task(
    'shapeless',
    throwsLater(() => Object.assign(Object.create(null), { stack: 1, n: 7 })),
  )
})
