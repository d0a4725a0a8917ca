// What follows an attempt that failed: another one after a delay, or the end. The loss of a worker is
// no failure of its task; finish_attempts.sql counts losses and ends a task that keeps killing workers.

import type { SerializedTask } from './serialized-dag.ts'

export type FailureKind =
  /** The handler threw, or its process died of it. */
  | 'error'
  | 'timeout'
  /** The output does not fit its schema, or is not JSON. */
  | 'bad_output'
  /** The handler threw RetryLater: its delay counts, and it costs a retry. */
  | 'retry_later'
  /** The handler threw FailTask. */
  | 'fail'
  /** The handler threw DataCheckFailed. */
  | 'data_check'
  /** The code no longer has the handler. */
  | 'missing_handler'
  | 'cancelled'

export interface FailedAttempt {
  kind: FailureKind
  /** Failures of the task so far, this one included; losses are not among them. */
  failures: number
  /** How many of them may be followed by another attempt. */
  retries: number
  policy: RetryPolicy
  /** The delay that RetryLater asked for. */
  requestedDelayMs?: number
  /** From 0 up to but not including 1. */
  random: () => number
}

export type RetryPolicy = Pick<
  SerializedTask,
  'retryDelayMs' | 'backoff' | 'maxRetryDelayMs' | 'jitter'
>

export type AfterFailure = { state: 'up_for_retry'; delayMs: number } | { state: 'failed' }

const FINAL: ReadonlySet<FailureKind> = new Set([
  'fail',
  'data_check',
  'missing_handler',
  'cancelled',
])

export function afterFailure(attempt: FailedAttempt): AfterFailure {
  const { kind, failures, retries, policy, random } = attempt
  if (FINAL.has(kind)) return { state: 'failed' }
  if (failures > retries) return { state: 'failed' }
  // What the handler asks for is an appointment, so it gets neither backoff nor jitter.
  if (kind === 'retry_later' && attempt.requestedDelayMs !== undefined) {
    return { state: 'up_for_retry', delayMs: attempt.requestedDelayMs }
  }
  return { state: 'up_for_retry', delayMs: retryDelayMs(policy, failures, random) }
}

/**
 * The delay before the attempt that follows the n-th failure. Exponential is delay × 2^(n−1). The
 * cap holds before the jitter, which only shortens: late retries are as spread as early ones, and
 * no delay is longer than what was written.
 */
export function retryDelayMs(policy: RetryPolicy, failures: number, random: () => number): number {
  // Past 2^52 the product is no whole number any more; the cap is far below.
  const factor = policy.backoff === 'exponential' ? 2 ** Math.min(Math.max(failures - 1, 0), 52) : 1
  const full = Math.min(policy.retryDelayMs * factor, policy.maxRetryDelayMs)
  return Math.round(full * (1 - policy.jitter * random()))
}
