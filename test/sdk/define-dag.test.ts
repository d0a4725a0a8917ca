import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { checkOutput } from '../../orchestrator/sdk/check-output.ts'
import { isDag } from '../../orchestrator/sdk/define-dag.ts'
import * as sdk from '../../orchestrator/sdk/index.ts'
import {
  allOf,
  anyOf,
  asset,
  cron,
  DagDefinitionError,
  type DagOptions,
  defineDag,
  once,
  type Schedule,
} from '../../orchestrator/sdk/index.ts'
import { classifyThrown } from '../../orchestrator/sdk/task-errors.ts'
import { testContext } from '../../orchestrator/sdk/testing.ts'

const three = () => 3
const id = (args: { value: unknown }) => String(args.value)

function definitionError(define: () => unknown): DagDefinitionError {
  try {
    define()
  } catch (error) {
    if (error instanceof DagDefinitionError) return error
    throw error
  }
  throw new Error('expected a DagDefinitionError')
}

test('the public exports of the SDK are these', () => {
  expect(Object.keys(sdk).sort()).toEqual([
    'DagDefinitionError',
    'DataCheckFailed',
    'FailTask',
    'RetryLater',
    'SkipTask',
    'allOf',
    'anyOf',
    'asset',
    'cron',
    'defineDag',
    'once',
    'presets',
  ])
})

describe('wiring', () => {
  test('a reference anywhere inside the arguments draws the edge, once', () => {
    const { serialized } = defineDag({ id: 'wiring' }, (dag) => {
      const a = dag.task('a', three)
      const b = dag.task('b', three)
      dag.task('c', id, { value: { list: [a, { deep: b }], again: a } }).after(a)
    })
    expect(serialized.tasks[2]).toMatchObject({
      args: {
        value: { list: [{ $output: 'a' }, { deep: { $output: 'b' } }], again: { $output: 'a' } },
      },
      inputs: ['a', 'b'],
    })
    expect(serialized.edges).toEqual([
      ['a', 'c'],
      ['b', 'c'],
    ])
  })

  test('a reference may be the whole argument', () => {
    const { serialized } = defineDag({ id: 'whole' }, (dag) => {
      dag.task('b', (args: number) => args, dag.task('a', three))
    })
    expect(serialized.tasks[1]?.args).toEqual({ $output: 'a' })
  })

  test('tasks are in topological order, ties as in the file', () => {
    const { serialized, handlers } = defineDag({ id: 'order' }, (dag) => {
      const last = dag.task('last', three)
      const x = dag.task('x', three)
      dag.task('y', three).before(x)
      dag.shortCircuit('gate', () => true).before(last)
    })
    expect(serialized.tasks.map(({ taskId }) => taskId)).toEqual(['y', 'x', 'gate', 'last'])
    expect(serialized.tasks[2]?.kind).toBe('short_circuit')
    expect([...handlers.keys()].sort()).toEqual(['gate', 'last', 'x', 'y'])
  })

  test('a task takes the defaults of its DAG, and Airflow’s where there are none', () => {
    const { serialized } = defineDag(
      { id: 'defaults', defaults: { retries: 3, retryDelay: '30s', timeout: '4m' } },
      (dag) => {
        dag.task('a', three, {}, { retries: 1, timeout: null, outlets: [asset('raw')] })
      },
    )
    expect(serialized.tasks[0]).toEqual({
      taskId: 'a',
      kind: 'task',
      args: {},
      inputs: [],
      triggerRule: 'all_success',
      retries: 1,
      retryDelayMs: 30_000,
      backoff: 'fixed',
      maxRetryDelayMs: 86_400_000,
      jitter: 0.1,
      timeoutMs: null,
      pool: 'default_pool',
      poolSlots: 1,
      priorityWeight: 1,
      queue: 'default',
      isolation: 'thread',
      outlets: ['raw'],
      doc: null,
    })
    expect(serialized).toMatchObject({ maxActiveRuns: 16, maxActiveTasks: 16, catchup: false })
  })

  test('a DAG is known as one, and survives JSON unchanged', () => {
    const dag = defineDag(
      { id: 'json', params: { a: 1 }, tags: ['x'] },
      (d) => void d.task('a', three),
    )
    expect(isDag(dag)).toBe(true)
    expect(isDag({})).toBe(false)
    expect(JSON.parse(JSON.stringify(dag.serialized))).toEqual(dag.serialized)
  })
})

describe('schedules', () => {
  const schedule = (value: Schedule) =>
    defineDag({ id: 's', schedule: value }, () => {}).serialized.schedule

  test.each<[string, Schedule, object]>([
    ['none', null, { cron: null, once: false, assets: null, summary: '' }],
    [
      'a cron',
      ' 5  4 * * * ',
      { cron: { expression: '5 4 * * *', timezone: 'UTC' }, summary: '5 4 * * *' },
    ],
    [
      'a preset',
      '@daily',
      { cron: { expression: '0 0 * * *', timezone: 'UTC' }, summary: '@daily' },
    ],
    [
      'a cron in a zone',
      cron('@hourly', { timezone: 'Europe/Istanbul' }),
      {
        cron: { expression: '0 * * * *', timezone: 'Europe/Istanbul' },
        summary: '@hourly (Europe/Istanbul)',
      },
    ],
    ['once', once, { once: true, summary: '@once' }],
    ['the text @once', '@once', { once: true, summary: '@once' }],
    ['an asset', asset('a'), { assets: { asset: 'a' }, summary: 'Asset' }],
    [
      'a list of assets',
      [asset('a'), asset('b')],
      { assets: { all: [{ asset: 'a' }, { asset: 'b' }] } },
    ],
    [
      'and, or',
      anyOf(asset('a'), allOf(asset('b'), asset('c'))),
      { assets: { any: [{ asset: 'a' }, { all: [{ asset: 'b' }, { asset: 'c' }] }] } },
    ],
    [
      'a cron beside an asset',
      [cron('*/30 * * * *'), asset('a')],
      {
        cron: { expression: '*/30 * * * *' },
        assets: { asset: 'a' },
        summary: 'Asset or */30 * * * *',
      },
    ],
  ])('%s', (_name, value, expected) => {
    expect(schedule(value)).toMatchObject(expected)
  })

  test.each<[string, string, Schedule]>([
    ['bad_cron', 'fields', '* * * *'],
    ['bad_cron', 'fields', '* * * * * *'],
    ['bad_cron', 'not valid', '61 * * * *'],
    ['bad_cron', 'not valid', '0 0 30 2 *'],
    ['bad_cron', 'preset "@hourli"', '@hourli'],
    ['bad_timezone', 'Mars/Olympus', cron('* * * * *', { timezone: 'Mars/Olympus' })],
    ['bad_timezone', 'You may mean "Europe/London"', cron('* * * * *', { timezone: 'BST' })],
    ['bad_timezone', '+03:00', cron('* * * * *', { timezone: '+03:00' })],
    ['bad_asset', '""', asset('')],
    ['bad_asset', 'assets', allOf()],
    ['bad_schedule', 'two crons', ['@daily', '@hourly']],
    ['bad_schedule', 'once', [once as never, asset('a')]],
    ['bad_schedule', 'not one', 7 as never],
  ])('%s: a schedule is refused that says %s', (code, words, value) => {
    const error = definitionError(() => schedule(value))
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(error.message).toContain('DAG "s"')
  })
})

describe('errors', () => {
  test('a cycle is named with its path', () => {
    const error = definitionError(() =>
      defineDag({ id: 'loop' }, (dag) => {
        const a = dag.task('a', three)
        const b = dag.task('b', id, { value: a })
        dag.task('c', id, { value: b }).before(a)
      }),
    )
    expect(error.code).toBe('cycle')
    expect(error.message).toContain('DAG "loop", task "')
    expect(error.message).toMatch(/a → b → c → a|b → c → a → b|c → a → b → c/)
  })

  test('a task that waits for itself is a cycle', () => {
    const error = definitionError(() =>
      defineDag({ id: 'loop' }, (dag) => {
        const a = dag.task('a', three)
        a.after(a)
      }),
    )
    expect(error.message).toContain('a → a')
  })

  test('a reference of another DAG is refused and says what to do instead', () => {
    let foreign: sdk.TaskReference<number> | undefined
    defineDag({ id: 'other' }, (dag) => {
      foreign = dag.task('a', three)
    })
    const error = definitionError(() =>
      defineDag({ id: 'mine' }, (dag) => void dag.task('b', id, { value: foreign })),
    )
    expect(error.code).toBe('foreign_task')
    expect(error.message).toContain('DAG "mine", task "b"')
    expect(error.message).toContain('DAG "other"')
  })

  test('nothing can be drawn after the wiring function has returned', () => {
    let late: sdk.TaskReference<number> | undefined
    defineDag({ id: 'late' }, (dag) => {
      late = dag.task('a', three)
    })
    expect(definitionError(() => late?.before(late)).code).toBe('sealed')
  })

  const task = (args: unknown, options: object = {}) =>
    definitionError(() =>
      defineDag({ id: 'd' }, (dag) => void dag.task('t', id, args as never, options)),
    )
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic

  test.each<[string, string, () => DagDefinitionError]>([
    ['not_json', 'args.value[0] is undefined', () => task({ value: [undefined] })],
    ['not_json', 'args.value is a function', () => task({ value: three })],
    ['not_json', 'args.value is NaN', () => task({ value: Number.NaN })],
    ['not_json', 'args.value is a bigint', () => task({ value: 1n })],
    ['not_json', 'args.value is a Date', () => task({ value: new Date(0) })],
    ['not_json', 'args.value is a Map', () => task({ value: new Map() })],
    ['not_json', '__proto__', () => task(JSON.parse('{"value": {"__proto__": 1}}'))],
    ['not_json', '$output', () => task({ value: { $output: 'x' } })],
    ['not_json', 'NUL', () => task({ value: 'a\0b' })],
    ['not_json', 'surrogate', () => task({ value: '\ud800' })],
    ['not_json', 'part of', () => task({ value: cyclic })],
    ['too_large', 'bytes', () => task({ value: 'x'.repeat(300_000) })],
    ['bad_duration', 'retryDelay', () => task({ value: 1 }, { retryDelay: '30 s' })],
    ['bad_duration', 'timeout is 0', () => task({ value: 1 }, { timeout: 0 })],
    ['bad_option', 'retries is -1', () => task({ value: 1 }, { retries: -1 })],
    ['bad_option', 'jitter is 2', () => task({ value: 1 }, { jitter: 2 })],
    ['bad_option', 'triggerRule is "some"', () => task({ value: 1 }, { triggerRule: 'some' })],
    ['bad_option', 'unknown option "retry"', () => task({ value: 1 }, { retry: 1 })],
    ['bad_asset', 'outlets', () => task({ value: 1 }, { outlets: ['raw'] })],
    ['bad_id', 'pool', () => task({ value: 1 }, { pool: 'a b' })],
    ['bad_id', 'pool', () => task({ value: 1 }, { pool: '..' })],
  ])('%s names the DAG, the task and “%s”', (code, words, make) => {
    const error = make()
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(error.message).toContain('DAG "d", task "t"')
  })

  test.each<[string, DagOptions]>([
    ['bad_id', { id: 'a b' }],
    ['bad_id', { id: '' }],
    ['bad_id', { id: '..' }],
    ['bad_id', { id: 'x'.repeat(201) }],
    ['bad_date', { id: 'd', startDate: '2026-02-30' }],
    ['bad_date', { id: 'd', startDate: 'yesterday' }],
    ['bad_date', { id: 'd', startDate: '2026-02-02', endDate: '2026-02-01' }],
    ['bad_option', { id: 'd', maxActiveRuns: 0 }],
    ['bad_option', { id: 'd', maxActiveRun: 1 } as DagOptions],
    ['bad_option', { id: 'd', tags: 'x' as never }],
    ['not_json', { id: 'd', params: { at: new Date() as never } }],
  ])('%s is refused in the options of a DAG: %j', (code, options) => {
    expect(definitionError(() => defineDag(options, () => {})).code).toBe(code)
  })

  test.each<[string, (dag: sdk.DagBuilder) => unknown]>([
    ['bad_id', (dag) => dag.task('a b', three)],
    ['bad_id', (dag) => dag.task('.', three)],
    ['duplicate_task', (dag) => [dag.task('a', three), dag.task('a', three)]],
    ['bad_handler', (dag) => dag.task('a', undefined as never, {} as never)],
    ['unknown_input', (dag) => dag.task('a', three).after({ taskId: 'b' } as never)],
    ['bad_handler', async () => {}],
  ])('%s is refused in the wiring', (code, wire) => {
    expect(definitionError(() => defineDag({ id: 'd' }, wire as never)).code).toBe(code)
  })
})

test('dates without an offset are UTC', () => {
  const { serialized } = defineDag(
    { id: 'd', startDate: '2026-01-31', endDate: '2026-01-31T06:00:00+03:00' },
    () => {},
  )
  expect([serialized.startDate, serialized.endDate]).toEqual([
    '2026-01-31T00:00:00.000Z',
    '2026-01-31T03:00:00.000Z',
  ])
})

test('an output is checked by its schema, and kept as the schema returns it', async () => {
  const output = z.object({ n: z.number() })
  expect(await checkOutput('t', { output }, { n: 1, more: 2 })).toEqual({ n: 1 })
  await expect(checkOutput('t', { output }, { n: 'x' })).rejects.toThrow(/Task "t".*n: /)
  expect(await checkOutput('t', {}, undefined)).toBeNull()
  await expect(checkOutput('t', {}, { at: new Date() })).rejects.toThrow('output.at is a Date')
})

test('what a handler throws says how its attempt ends', () => {
  expect(classifyThrown(new sdk.SkipTask('no data'))).toEqual({ kind: 'skip' })
  expect(classifyThrown(new sdk.FailTask('wrong'))).toEqual({ kind: 'fail' })
  expect(classifyThrown(new sdk.DataCheckFailed('rows'))).toEqual({ kind: 'data_check' })
  expect(classifyThrown(new sdk.RetryLater('2m'))).toEqual({
    kind: 'retry_later',
    delayMs: 120_000,
  })
  expect(classifyThrown(new Error('x'))).toEqual({ kind: 'error' })
  expect(classifyThrown('x')).toEqual({ kind: 'error' })
  expect(() => new sdk.RetryLater('soon' as never)).toThrow('not a duration')
})

test('a handler is tested without an orchestrator', () => {
  const context = testContext({ tryNumber: 2 })
  context.log.info('hello', { n: 1 })
  expect(context.tryNumber).toBe(2)
  expect(context.logged).toEqual([{ level: 'info', message: 'hello', fields: { n: 1 } }])
})
