// Publishes what a finish queued, at once; the outbox has it too. What could not be published stays
// there for the reconciler. Marking happens in the background, in batches that wait for company,
// because nobody waits for it.

import type { Pool } from '../../connections/postgres.ts'
import type { QueueEntry, TaskQueue } from '../queue/types.ts'
import { failpoint } from '../sdk/failpoint.ts'
import { markPublished } from '../store/attempts.ts'
import { MicroBatcher } from './micro-batcher.ts'
import type { WorkerLog } from './worker-log.ts'

const MARK_LINGER_MS = 25

export class Publisher {
  readonly #queue: TaskQueue
  readonly #log: WorkerLog
  readonly #marks: MicroBatcher<readonly QueueEntry[], undefined>
  readonly #publishing = new Set<Promise<void>>()

  constructor(pool: Pool, queue: TaskQueue, log: WorkerLog) {
    this.#queue = queue
    this.#log = log
    this.#marks = new MicroBatcher({
      maxItems: 500,
      lingerMs: MARK_LINGER_MS,
      async run(items) {
        failpoint('worker.after_publish_before_mark')
        // An outbox row that stays is published again: the claim refuses the second delivery.
        await markPublished(pool, items.flat()).catch((error: Error) =>
          log('warning', `Published entries stay in the outbox: ${error.message}`),
        )
        return items.map(() => undefined)
      },
    })
  }

  publish(entries: readonly QueueEntry[]): void {
    if (entries.length === 0) return
    failpoint('worker.after_finish_before_publish')
    const publishing = this.#queue
      .publish(entries)
      .then(
        () => void this.#marks.add(entries),
        (error: Error) => this.#log('warning', error.message),
      )
      .finally(() => this.#publishing.delete(publishing))
    this.#publishing.add(publishing)
  }

  async idle(): Promise<void> {
    await Promise.all(this.#publishing)
    await this.#marks.idle()
  }
}
