// What the worker could not bring to an end is given back and run again: not a failure of the task,
// so no retry is used up. But what goes wrong the same way every time must not go on for ever, so this
// worker gives the same task instance back only so often.

import { type AttemptEnd, released } from './attempt-end.ts'

const MAX_GIVE_BACKS = 5
// The oldest counts are forgotten: they are of runs that have long ended.
const KEEP = 10_000

export class GiveBacks {
  readonly #counts = new Map<string, number>()

  /** The end of an attempt that has none of its own. */
  endFor(taskInstanceId: string, why: string): AttemptEnd {
    const count = (this.#counts.get(taskInstanceId) ?? 0) + 1
    this.#counts.delete(taskInstanceId)
    this.#counts.set(taskInstanceId, count)
    if (this.#counts.size > KEEP) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest)
        break
      }
    }
    if (count <= MAX_GIVE_BACKS) return released(why)
    const error = `The worker had given the task back ${MAX_GIVE_BACKS} times: ${why}`
    return { ...released(error), outcome: 'failed' }
  }
}
