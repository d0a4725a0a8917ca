// Repairs what a crash, a lost queue or a missed signal left behind, every few seconds. In health it
// finds nothing: each of its duties has a faster way that usually comes first. The only thing that is
// its alone is the end of a dead worker's attempts.

import type { Pool } from '../../connections/postgres.ts'
import type { TaskQueue } from '../queue/types.ts'
import {
  countUnclaimed,
  drainOutbox,
  loseAttempts,
  requeueUnclaimed,
  scheduleDue,
  sweepRuns,
  timeOutRuns,
} from '../store/reconcile.ts'
import type { Publisher } from './publisher.ts'

export interface ReconcilerOptions {
  /** The writer of an outbox row publishes it itself; older ones are taken over. */
  outboxAgeMs: number
  /** A queued attempt that nobody claimed for so long may have been lost by the queue. */
  unclaimedGraceMs: number
  sweepEveryMs: number
}

export const RECONCILER_DEFAULTS: ReconcilerOptions = {
  outboxAgeMs: 1_500,
  unclaimedGraceMs: 8_000,
  sweepEveryMs: 20_000,
}

export class Reconciler {
  readonly #pool: Pool
  readonly #queue: TaskQueue
  readonly #publisher: Publisher
  readonly #log: (line: string) => void
  readonly #options: ReconcilerOptions
  #sweptAt = 0

  constructor(
    pool: Pool,
    queue: TaskQueue,
    publisher: Publisher,
    log: (line: string) => void,
    options: ReconcilerOptions,
  ) {
    this.#pool = pool
    this.#queue = queue
    this.#publisher = publisher
    this.#log = log
    this.#options = options
  }

  async tick(): Promise<void> {
    for (const result of await loseAttempts(this.#pool)) {
      this.#log(
        `A worker was lost; ${result.queued.length} task(s) were put on the queue for others.`,
      )
      await this.#publisher.publish(result.queued)
    }
    for (const run of await timeOutRuns(this.#pool))
      this.#log(`Run ${run.dagId} ${run.runId} failed: it passed its time limit.`)
    await this.#publisher.publish(await scheduleDue(this.#pool))
    const now = performance.now()
    if (now - this.#sweptAt > this.#options.sweepEveryMs) {
      this.#sweptAt = now
      const swept = await sweepRuns(this.#pool)
      if (swept > 0) this.#log(`${swept} run(s) had been left behind and go on.`)
      await this.#publisher.publish(await scheduleDue(this.#pool))
    }
    await this.#republish()
  }

  async #republish(): Promise<void> {
    try {
      await drainOutbox(this.#pool, (entries) => this.#publisher.publishOrThrow(entries), {
        minAgeMs: this.#options.outboxAgeMs,
      })
      const graceMs = this.#options.unclaimedGraceMs
      for (const [queue, unclaimed] of await countUnclaimed(this.#pool, graceMs)) {
        // A queue that holds as many entries as wait has lost none: it is merely long.
        if ((await this.#queue.depth(queue)) >= unclaimed) continue
        const again = await requeueUnclaimed(this.#pool, { graceMs, queue })
        this.#log(`Queue "${queue}" had lost entries; ${again.length} were put on it again.`)
        await this.#publisher.publish(again)
      }
    } catch (error) {
      // The queue is away: the rows stay where they are, and the next tick tries again.
      this.#publisher.tellAway(error)
    }
  }
}
