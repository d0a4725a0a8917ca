// What a worker and its runners say to each other, over a thread's port or a child's channel.
// Outputs travel as JSON text, so that they are made into text where the handler ran.

import type { FailureKind } from '../graph/retry.ts'
import type { Json } from '../graph/serialized-dag.ts'
import type { TaskContext } from '../sdk/task-context.ts'
import type { LogLine } from '../store/attempts.ts'

/** TaskContext without what only exists inside the runner; dates are ISO 8601. */
export interface RunContext
  extends Pick<
    TaskContext,
    | 'dagId'
    | 'runId'
    | 'taskId'
    | 'mapIndex'
    | 'tryNumber'
    | 'maxTries'
    | 'runType'
    | 'conf'
    | 'fence'
  > {
  logicalDate: string | null
  dataIntervalStart: string | null
  dataIntervalEnd: string | null
  runAfter: string
  triggeringAssetEvents: { asset: string; extra: { [key: string]: Json }; createdAt: string }[]
}

export interface RunRequest {
  kind: 'run'
  /** Absolute. */
  filePath: string
  args: Json
  context: RunContext
}

export type AbortReason = 'timeout' | 'cancelled' | 'lease_lost' | 'drain'

export type ToRunner = RunRequest | { kind: 'abort'; reason: AbortReason; message: string }

export type RunnerLine = Pick<LogLine, 'loggedAt' | 'level' | 'stream' | 'message' | 'fields'>

/** How a handler ended, before the worker decides what follows. */
export type RunnerResult =
  | { kind: 'returned'; output: string | null; isFalsy: boolean }
  | { kind: 'skip'; message: string }
  | { kind: 'retry_later'; message: string; detail: string; delayMs: number }
  | {
      kind: 'failed'
      failure: Exclude<FailureKind, 'timeout' | 'retry_later' | 'cancelled'>
      message: string
      detail: string
    }

/** A failure that is no handler's own. */
export function failed(message: string): RunnerResult {
  return { kind: 'failed', failure: 'error', message, detail: message }
}

export type FromRunner =
  | { kind: 'ready' }
  /** `cost`: what they took of the credit, to be given back when they are written. */
  | { kind: 'lines'; lines: RunnerLine[]; cost: number }
  /**
   * `handlerMs`: of the handler alone, without loading its DAG. `isQuiet`: nothing is left of the attempt,
   * and the thread may take another.
   */
  | { kind: 'ended'; result: RunnerResult; handlerMs: number; isQuiet: boolean }
  /** Nothing is left any more of the attempt that had ended. */
  | { kind: 'quiet' }
  /** What an attempt that had ended left behind did, in words, with the attempt's name. */
  | { kind: 'left_behind'; message: string }

/** Passed to a runner at its start. */
export interface RunnerSettings {
  /** Whose TypeScript it makes ready to be loaded before it is ready itself. */
  dagsFolder?: string
  maxOutputBytes: number
  maxLineLength: number
  maxLogBytes: number
}

/** What a runner thread is given beside its settings; a process shares no memory with its worker. */
export interface ThreadData {
  settings: RunnerSettings
  /** Of its LogCredit. */
  credit: SharedArrayBuffer
}

export const RUNNER_SETTINGS: RunnerSettings = {
  maxOutputBytes: 1024 * 1024,
  maxLineLength: 16_384,
  maxLogBytes: 4 * 1024 * 1024,
}
