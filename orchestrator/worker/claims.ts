// Batched claims. A statement whose outcome is unknown is sent again until the database answers; what
// it may have claimed without our knowing is found by the watch (attempt-watch.ts).
//
// A claim that comes back empty-handed does not mean that the attempt is gone: the row may be locked
// for a moment (an upstream that ends writes the counts of its dependents, queued ones too), or our
// lease may have lapsed. Such an entry is claimed again at once. Were it dropped, its task would wait
// for the reconciler.

import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from '../../connections/postgres.ts'
import type { QueueEntry } from '../queue/types.ts'
import {
  attemptsStillQueued,
  type ClaimedAttempt,
  claimAttempts,
  handOverAttempt,
} from '../store/attempts.ts'
import type { Lease } from './lease.ts'
import { MicroBatcher } from './micro-batcher.ts'
import type { Persistence } from './persistence.ts'
import type { Publisher } from './publisher.ts'

const MAX_ITEMS = 200
const FIRST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 250

export interface Claim {
  claimed: ClaimedAttempt
  /** Under whose lease it was claimed. */
  processId: string
}

export interface ClaimerOptions {
  pool: Pool
  lease: Lease
  persistence: Persistence
  publisher: Publisher
  /** From then on no claim is accepted: deliveries are handed over to other workers. */
  isDraining(): boolean
}

export interface Claimer {
  /** Null for an attempt that somebody else has, that is over, or that was handed over. */
  claim(entry: QueueEntry): Promise<Claim | null>
}

export function openClaimer(options: ClaimerOptions): Claimer {
  const { pool, lease, persistence, publisher, isDraining } = options

  const batcher = new MicroBatcher<QueueEntry, Claim | 'again' | null>({
    maxItems: MAX_ITEMS,
    async run(entries) {
      const { processId, claims } = await persistence.untilItPasses('Claiming', async () => {
        const processId = lease.processId
        return { processId, claims: await claimAttempts(pool, processId, entries) }
      })
      const byId = new Map(claims.map((claimed) => [claimed.taskInstanceId, claimed]))
      const stillQueued = await lookAgain(entries.filter((e) => !byId.has(e.taskInstanceId)))
      // A worker that may not claim at all learns here that its lease is over, and takes a new one.
      if (stillQueued.size === entries.length && !isDraining()) await lease.renew()
      return entries.map(({ taskInstanceId }) => {
        const claimed = byId.get(taskInstanceId)
        // Two deliveries of one entry in one batch are one claim.
        byId.delete(taskInstanceId)
        if (claimed) return { claimed, processId }
        return stillQueued.has(taskInstanceId) ? 'again' : null
      })
    },
  })

  async function lookAgain(missing: readonly QueueEntry[]): Promise<ReadonlySet<string>> {
    if (missing.length === 0) return new Set()
    return persistence.untilItPasses('Looking at unclaimed attempts', () =>
      attemptsStillQueued(pool, missing),
    )
  }

  async function handOver(entry: QueueEntry): Promise<void> {
    const queued = await persistence.untilItPasses('Handing a delivery over', () =>
      handOverAttempt(pool, entry),
    )
    publisher.publish(queued)
  }

  return {
    async claim(entry) {
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
        if (isDraining()) {
          await handOver(entry)
          return null
        }
        const answer = await batcher.add(entry)
        if (answer !== 'again') return answer
        await delay(pause)
      }
    },
  }
}
