// The types by which the compiler checks wiring: wherever a handler's argument wants a T, a
// reference to a task whose output is a T will do. They exist at compile time only; at run time an
// output is checked if the task has an output schema.

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Json } from '../graph/serialized-dag.ts'
import type { TriggerRule } from '../graph/trigger-rules.ts'
import type { Duration } from './duration.ts'
import type { Asset } from './schedule.ts'
import type { TaskContext } from './task-context.ts'

/** A task's body: a plain function of its arguments to something that is JSON. */
export type Handler<Args = unknown, Output = unknown> = (
  args: Args,
  context: TaskContext,
) => Output | Promise<Output>

// `never` accepts a handler of any argument type.
export type AnyHandler = Handler<never>

export type ArgsOf<H> = H extends (args: infer Args, ...rest: never[]) => unknown ? Args : never
export type OutputOf<H extends AnyHandler> = Stored<Awaited<ReturnType<H>>>

// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing has type void.
type Nothing = void | undefined
type Stored<Output> = [Output] extends [Nothing] ? null : Output

declare const outputType: unique symbol

/** Stands for the output that a task will have. Pass it as an argument to draw the edge. */
export interface TaskReference<out Output = unknown> {
  readonly taskId: string
  readonly [outputType]?: Output
  /** Draws edges without data: this task comes after those. */
  after(...tasks: TaskReference[]): TaskReference<Output>
  /** Draws edges without data: this task comes before those. */
  before(...tasks: TaskReference[]): TaskReference<Output>
}

type Primitive = string | number | boolean | null | undefined

/** T, or a reference to a T, or an object or array of T's shape with references anywhere inside. */
export type Wired<T> = TaskReference<T> | Literal<T>

// All of JSON is spelled out: mapping over it would not end.
type WiredJson = Primitive | TaskReference | WiredJson[] | { [key: string]: WiredJson }

type Literal<T> = [Json] extends [T]
  ? unknown extends T
    ? T
    : WiredJson
  : T extends Primitive
    ? T
    : { [Key in keyof T]: Wired<T[Key]> }

/** T itself if all of it survives JSON; otherwise a type that T is not assignable to. */
export type JsonShape<T> = unknown extends T ? T : [T] extends [Json | Nothing] ? T : JsonParts<T>

type JsonParts<T> = T extends string | number | boolean | null | Nothing
  ? T
  : T extends bigint | symbol | Date | RegExp | ((...args: never[]) => unknown)
    ? never
    : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | ArrayBufferView
      ? never
      : T extends object
        ? { [Key in keyof T]: JsonShape<T[Key]> }
        : never

export interface TaskDefaults {
  /** Attempts after the first that failures may cost. Default 0. */
  retries?: number
  /** Default 5m. */
  retryDelay?: Duration
  /** `exponential` doubles the delay with every failure, up to `maxRetryDelay`. Default fixed. */
  backoff?: 'fixed' | 'exponential'
  /** Default 1d. */
  maxRetryDelay?: Duration
  /** Share of the delay that is random, 0 to 1. Default 0.1. */
  jitter?: number
  /** Limit of one attempt. Default none. */
  timeout?: Duration | null
  pool?: string
  poolSlots?: number
  /** Higher goes first. Default 1. */
  priorityWeight?: number
  queue?: string
  triggerRule?: TriggerRule
  /** `process` runs the handler in a process of its own, for native code. Default thread. */
  isolation?: 'thread' | 'process'
}

export interface TaskOptions<Output = unknown> extends TaskDefaults {
  /** Assets that a success of the task updates. */
  outlets?: readonly Asset[]
  doc?: string
  /** Checks the output when the task finishes; what the schema returns is what is kept. */
  output?: StandardSchemaV1<unknown, Output>
}

/**
 * What follows the handler. `args` may be left out when the handler needs none. That the output is
 * JSON is checked here and not at the handler, because the compiler would then no longer infer the
 * parameters of a handler that is written in place. `unknown` passes for the same reason: it is what
 * the compiler assumes of such a handler at first. The run-time check catches what is not JSON.
 */
export type WiringOf<H extends AnyHandler, Options> = [Awaited<ReturnType<H>>] extends [
  JsonShape<Awaited<ReturnType<H>>>,
]
  ? Wiring<Exclude<ArgsOf<H>, undefined>, Options>
  : [theHandlerMustReturnJson: NotJson]

interface NotJson {
  'a handler must return JSON: no Date, bigint, Map, Set or function': never
}

// A handler that is written in place without a type for its arguments gets `never`.
type Wiring<Args, Options> = [Args] extends [never]
  ? [args?: unknown, options?: Options]
  : // biome-ignore lint/complexity/noBannedTypes: `{}` asks whether every property is optional.
    {} extends Args
    ? [args?: Wired<Args>, options?: Options]
    : [args: Wired<Args>, options?: Options]
