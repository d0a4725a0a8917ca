// What must and must not type-check. Read by `npm run check:types` only: a line under
// `@ts-expect-error` that compiles is an error there.

import { z } from 'zod'
import {
  type Asset,
  asset,
  cron,
  defineDag,
  type Json,
  type TaskContext,
  type TaskReference,
} from '../../orchestrator/sdk/index.ts'

interface Lag {
  topic: string
  lag: number
}
const measure = async (args: { topics: string[] }, _context: TaskContext): Promise<Lag[]> =>
  args.topics.map((topic) => ({ topic, lag: 0 }))
const count = () => 3
const flag = (): boolean => true
const nothing = async () => {}
const consume = (args: { lag: Lag[]; rows: number; mode?: 'all' | 'new' }) => args.rows
const nested = (args: { parts: { n: number }[]; pair: [string, boolean] }) => args.parts.length
const gate = async (args: { lag: Lag[] }): Promise<boolean> => args.lag.length > 0

defineDag({ id: 'accepted' }, (dag) => {
  const lag = dag.task('measure', measure, { topics: ['a'] })
  const typed: TaskReference<Lag[]> = lag
  const n = dag.task('count', count)
  const yes = dag.task('flag', flag)
  const empty: TaskReference<null> = dag.task('nothing', nothing)
  const open = dag.shortCircuit('gate', gate, { lag })
  const gated: TaskReference<boolean> = open
  dag.task('consume', consume, { lag, rows: 5 }).after(open, empty).before(gated)
  dag.task('consume_references', consume, { lag: typed, rows: n, mode: 'all' })
  dag.task('nested', nested, { parts: [{ n: 1 }, { n }], pair: ['a', yes] })
  dag.task('whole', (args: Lag[]) => args.length, lag)
  dag.task('wider', (args: { n: number | null }) => args.n, { n })
  dag.task('any_json', (args: { value: Json }) => args.value, { value: { deep: [1, null] } })
  dag.task('unknown', (args: { value: unknown }) => String(args.value), { value: lag })
  dag.task('optional', (args: { n?: number }) => args.n ?? null)
  dag.task('default', (args: { n?: number } = {}) => args.n ?? null)
  dag.task('inline', async () => ({ at: 'now' }), {}, { retries: 2, retryDelay: '1.5h' })
  dag.task('outlets', count, {}, { outlets: [asset('raw')], timeout: null })
  dag.task('schema', count, {}, { output: z.number().int() })
  dag.task('options_without_args', count, undefined, { retries: 1 })
  dag.task('optional_output', (): { a?: string } => ({}))
  dag.task('in_place_args', (args: { n: number }, context) => args.n + context.tryNumber, { n })
  dag.task('in_place', (_, context) => context.tryNumber)
  dag.task('context_only', (_: unknown, context) => context.runId)
})
defineDag(
  { id: 'options', schedule: [cron('0 * * * *'), asset('a')], defaults: { retries: 1 } },
  () => {},
)

defineDag({ id: 'refused' }, (dag) => {
  const lag = dag.task('measure', measure, { topics: ['a'] })
  const n = dag.task('count', count)
  const text = dag.task('text', () => 'text')

  // @ts-expect-error the argument that the handler needs is missing
  dag.task('missing', measure)
  // @ts-expect-error a property is missing
  dag.task('missing_property', consume, { lag })
  // @ts-expect-error no such property
  dag.task('extra', consume, { lag, rows: 1, row: 2 })
  // @ts-expect-error a literal of another type
  dag.task('literal', measure, { topics: [1] })
  // @ts-expect-error the output of `text` is a string, not a number
  dag.task('reference', consume, { lag, rows: text })
  // @ts-expect-error a list of references to numbers where strings belong
  dag.task('in_array', measure, { topics: [text, n] })
  // @ts-expect-error deep inside, a string where a number belongs
  dag.task('deep', nested, { parts: [{ n: text }], pair: ['a', true] })
  // @ts-expect-error the whole output of another shape
  dag.task('whole', (args: { lag: Lag }) => args.lag.lag, lag)
  // @ts-expect-error a reference holds no value yet
  dag.task('property', consume, { lag, rows: lag.length })
  // @ts-expect-error a Date does not survive JSON
  dag.task('date', () => ({ at: new Date() }))
  // @ts-expect-error nor does a bigint
  dag.task('bigint', async () => 1n)
  // @ts-expect-error nor a Map
  dag.task('map', () => new Map<string, number>())
  // @ts-expect-error deep inside neither
  dag.task('deep_date', async () => ({ rows: [{ at: new Date() }] }))
  // @ts-expect-error a gate answers with a boolean
  dag.shortCircuit('gate', count)
  // @ts-expect-error not a handler
  dag.task('handler', 'measure')
  // @ts-expect-error not a handler's parameters
  dag.task('parameters', (a: number, b: string) => `${a}${b}`, 1)
  // @ts-expect-error not a duration
  dag.task('duration', count, {}, { retryDelay: '30 seconds' })
  // @ts-expect-error not a trigger rule
  dag.task('rule', count, {}, { triggerRule: 'all_sucess' })
  // @ts-expect-error not an option
  dag.task('option', count, {}, { retry: 3 })
  // @ts-expect-error the schema is of another type than the output
  dag.task('schema', count, {}, { output: z.string() })
  // @ts-expect-error only references are tasks
  n.after('measure')
  // @ts-expect-error outlets are assets
  dag.task('outlets', count, {}, { outlets: ['raw'] satisfies Asset[] })
})
// @ts-expect-error a DAG has an id
defineDag({}, () => {})
// @ts-expect-error not an option of a DAG
defineDag({ id: 'a', maxActiveRun: 1 }, () => {})
// @ts-expect-error not JSON
defineDag({ id: 'a', params: { at: new Date() } }, () => {})
