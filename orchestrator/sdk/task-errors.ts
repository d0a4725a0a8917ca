// What a handler throws to say how its attempt ends; any other error is a failure that costs a
// retry. They are recognised by their code, not their class: a DAG folder may hold its own copy of
// the SDK.

import { type Duration, parseDuration } from './duration.ts'

/** Ends the task as skipped; what depends on it follows its trigger rule. */
export class SkipTask extends Error {
  override readonly name = 'SkipTask'
  readonly code = 'terrace_skip_task'
}

/** Fails the task at once, without using the retries that are left. */
export class FailTask extends Error {
  override readonly name: string = 'FailTask'
  readonly code: string = 'terrace_fail_task'
}

/** A check found rows that are wrong: as FailTask, and the alert says that it is the data. */
export class DataCheckFailed extends FailTask {
  override readonly name = 'DataCheckFailed'
  override readonly code = 'terrace_data_check_failed'
}

/** Retries after this delay instead of the task's own. It costs a retry like any failure. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly code = 'terrace_retry_later'
  readonly delayMs: number

  constructor(delay: Duration, message = `Retry in ${delay}`, options?: ErrorOptions) {
    super(message, options)
    const parsed = parseDuration(delay)
    if ('problem' in parsed) throw new TypeError(`RetryLater: ${parsed.problem}. ${parsed.fix}.`)
    this.delayMs = parsed.ms
  }
}

export type ThrownKind = 'skip' | 'fail' | 'data_check' | 'retry_later' | 'error'

/** How an attempt ends whose handler threw `thrown`. */
export function classifyThrown(thrown: unknown): { kind: ThrownKind; delayMs?: number } {
  const code = property(thrown, 'code')
  if (code === 'terrace_skip_task') return { kind: 'skip' }
  if (code === 'terrace_fail_task') return { kind: 'fail' }
  if (code === 'terrace_data_check_failed') return { kind: 'data_check' }
  if (code !== 'terrace_retry_later') return { kind: 'error' }
  const delayMs = property(thrown, 'delayMs')
  return typeof delayMs === 'number' ? { kind: 'retry_later', delayMs } : { kind: 'error' }
}

function property(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null
    ? (thrown as Record<string, unknown>)[name]
    : undefined
}
