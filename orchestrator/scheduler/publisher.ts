// Puts what a transaction made ready on the queue, at once. When the queue is away nothing is lost:
// the outbox has the same entries, and the reconciler publishes them when it is back.

import type { Pool } from '../../connections/postgres.ts'
import type { QueueEntry, TaskQueue } from '../queue/types.ts'
import { failpoint } from '../sdk/failpoint.ts'
import { markPublished } from '../store/attempts.ts'

export class Publisher {
  readonly #pool: Pool
  readonly #queue: TaskQueue
  readonly #log: (line: string) => void
  #isQueueAway = false

  constructor(pool: Pool, queue: TaskQueue, log: (line: string) => void) {
    this.#pool = pool
    this.#queue = queue
    this.#log = log
  }

  /** Never throws for the queue's sake: says once that it is away, and once that it is back. */
  async publish(entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return
    failpoint('scheduler.between_commit_and_enqueue')
    try {
      await this.publishOrThrow(entries)
      failpoint('scheduler.between_enqueue_and_mark')
      await markPublished(this.#pool, entries)
    } catch (error) {
      this.tellAway(error)
    }
  }

  /** For callers whose transaction keeps the entries when this throws. */
  async publishOrThrow(entries: readonly QueueEntry[]): Promise<void> {
    await this.#queue.publish(entries)
    if (this.#isQueueAway) this.#log('The queue is back.')
    this.#isQueueAway = false
  }

  tellAway(error: unknown): void {
    if (!this.#isQueueAway)
      this.#log(
        `The queue did not take the tasks; the outbox keeps them until it does: ${(error as Error).message}`,
      )
    this.#isQueueAway = true
  }
}
