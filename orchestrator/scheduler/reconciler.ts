// Repairs what a crash, a lost queue or a missed signal left behind, every few seconds. In health it
// finds nothing: each of its duties has a faster way that usually comes first. The only thing that is
// its alone is the end of a dead worker's attempts.

import type { Pool } from '../../connections/postgres.ts'
import { counted } from '../counted.ts'
import type { TaskQueue } from '../queue/types.ts'
import { markPublished } from '../store/attempts.ts'
import {
  longUnclaimed,
  loseAttempts,
  requeueAttempts,
  scheduleDue,
  sweepRuns,
  timeOutRuns,
  unpublished,
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

/** After longer between two looks, what was silent meanwhile may have been so for the same reason. */
const LOOKS_AWAY_MS = 5_000

export class Reconciler {
  readonly #pool: Pool
  readonly #queue: TaskQueue
  readonly #publisher: Publisher
  readonly #log: (line: string) => void
  readonly #options: ReconcilerOptions
  #sweptAt = 0
  #watchedSince = 0
  #lookedAt = Number.NEGATIVE_INFINITY

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

  /** Each duty by itself: the trouble of one does not hold up the others. */
  async tick(): Promise<void> {
    await this.#duty('Taking attempts from lost workers', () => this.#loseAttempts())
    await this.#duty('Ending runs past their time', () => this.#timeOutRuns())
    await this.#duty('Scheduling what is due', () => this.#scheduleDue())
    const now = performance.now()
    if (now - this.#sweptAt > this.#options.sweepEveryMs) {
      this.#sweptAt = now
      await this.#duty('Looking for runs left behind', () => this.#sweep())
    }
    await this.#republish()
  }

  async #duty(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#log(`${what} did not succeed and is tried again: ${(error as Error).message}`)
    }
  }

  async #loseAttempts(): Promise<void> {
    const watchedSeconds = this.#watchedSeconds()
    for (const result of await loseAttempts(this.#pool, { watchedSeconds })) {
      const what = result.isLoss ? 'was lost' : 'was told to end at once'
      this.#log(
        result.queued.length === 0
          ? `A worker ${what}, and none of its tasks had to be put on the queue for others.`
          : `A worker ${what}; put on the queue for others: ${counted(result.queued.length, 'task')}.`,
      )
      await this.#publisher.publish(result.queued)
    }
  }

  /** For how long it has looked at the database again and again. */
  #watchedSeconds(): number {
    const now = performance.now()
    if (now - this.#lookedAt > LOOKS_AWAY_MS) this.#watchedSince = now
    this.#lookedAt = now
    return (now - this.#watchedSince) / 1000
  }

  async #timeOutRuns(): Promise<void> {
    for (const run of await timeOutRuns(this.#pool))
      this.#log(`Run ${run.dagId} ${run.runId} failed: it passed its time limit.`)
  }

  async #scheduleDue(): Promise<void> {
    await this.#publisher.publish(await scheduleDue(this.#pool))
  }

  async #sweep(): Promise<void> {
    const swept = await sweepRuns(this.#pool)
    if (swept === 0) return
    this.#log(`Left behind, and going on now: ${counted(swept, 'run')}.`)
    await this.#scheduleDue()
  }

  async #republish(): Promise<void> {
    const { outboxAgeMs, unclaimedGraceMs } = this.#options
    try {
      const forgotten = await unpublished(this.#pool, { minAgeMs: outboxAgeMs })
      if (forgotten.length > 0) {
        await this.#publisher.publishOrThrow(forgotten)
        await markPublished(this.#pool, forgotten)
      }
      // On a queue that is merely long they still wait, and are left where they are.
      const waiting = await longUnclaimed(this.#pool, { graceMs: unclaimedGraceMs })
      if (waiting.length === 0) return
      const lost = await this.#queue.notWaiting(waiting)
      if (lost.length === 0) return
      const again = await requeueAttempts(this.#pool, lost)
      if (again.length > 0)
        this.#log(
          again.length === 1
            ? 'A task that nobody had claimed was put on the queue again.'
            : `${again.length} tasks that nobody had claimed were put on the queue again.`,
        )
      await this.#publisher.publish(again)
    } catch (error) {
      // The queue is away: the rows stay where they are, and the next tick tries again.
      this.#publisher.tellAway(error)
    }
  }
}
