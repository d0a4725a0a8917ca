import type { SerializedTask } from '../graph/serialized-dag.ts'

/** How long until the attempt after the nth failure: the task's delay, doubled if it backs off. */
export function retryDelayMs(
  task: Pick<SerializedTask, 'retryDelayMs' | 'backoff' | 'maxRetryDelayMs' | 'jitter'>,
  nthFailure: number,
  random: () => number,
): number {
  const doublings = task.backoff === 'exponential' ? Math.min(nthFailure - 1, 52) : 0
  const delay = Math.min(task.retryDelayMs * 2 ** doublings, task.maxRetryDelayMs)
  // Spread around the delay, so that the mean stays what was asked for.
  return Math.round(delay * (1 + task.jitter * (random() - 0.5)))
}
