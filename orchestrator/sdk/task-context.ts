import type { Json } from '../graph/serialized-dag.ts'
import type { RunType } from '../graph/states.ts'

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

type WriteLine = (message: string, fields?: Record<string, unknown>) => void

export interface TaskLog extends Record<LogLevel, WriteLine> {
  /** The same as `warning`, by the name that the console and most loggers give it. */
  warn: WriteLine
}

export interface TriggeringAssetEvent {
  asset: string
  extra: { [key: string]: Json }
  createdAt: Date
}

/** Each with the account of tasks and its password: do not print it, though logs mask it. */
export interface EngineAddresses {
  /** Postgres with the layers raw and dds; the metadata cannot be read with it. */
  warehouseUrl: string
  /** ClickHouse with the marts, over HTTP. */
  clickhouseUrl: string
  /** Kafka; null when the event log is a table of the warehouse. */
  kafkaBrokers: string[] | null
}

/** What a handler is told about the run and the attempt that it is part of. */
export interface TaskContext {
  readonly dagId: string
  readonly runId: string
  readonly taskId: string
  /** -1 unless the task is mapped. */
  readonly mapIndex: number
  /** Counts every attempt, from 1. */
  readonly tryNumber: number
  readonly maxTries: number
  readonly runType: RunType
  /** The start of the data interval; null for runs without one. */
  readonly logicalDate: Date | null
  readonly dataIntervalStart: Date | null
  readonly dataIntervalEnd: Date | null
  readonly runAfter: Date
  /** The DAG's params, overlaid with the conf of the run. */
  readonly conf: { readonly [key: string]: Json }
  /** The events that made this run, for a run that assets triggered. */
  readonly triggeringAssetEvents: readonly TriggeringAssetEvent[]
  /** Rises with every claim of the task instance: a store refuses writes that carry an older one. */
  readonly fence: { readonly taskInstanceId: string; readonly value: number }
  /** Aborts when the attempt times out, is cancelled, or loses its lease. */
  readonly signal: AbortSignal
  readonly log: TaskLog
  /** Where the engines are, for a client of your own: `new pg.Client((await ctx.addresses()).warehouseUrl)`. */
  addresses(): Promise<EngineAddresses>
}
