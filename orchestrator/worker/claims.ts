// Batched claims. A statement whose outcome is unknown is sent again until the database answers; what
// it may have claimed without our knowing is found by the watch (attempt-watch.ts).

import type { Pool } from '../../connections/postgres.ts'
import type { QueueEntry } from '../queue/types.ts'
import { type ClaimedAttempt, claimAttempts } from '../store/attempts.ts'
import type { Lease } from './lease.ts'
import { MicroBatcher } from './micro-batcher.ts'
import type { Persistence } from './persistence.ts'

const MAX_ITEMS = 200

export interface Claim {
  claimed: ClaimedAttempt
  /** Under whose lease it was claimed. */
  processId: string
}

/** One claim for each entry; null for an entry that is not to be had. */
export function claimBatcher(
  pool: Pool,
  lease: Lease,
  persistence: Persistence,
): MicroBatcher<QueueEntry, Claim | null> {
  return new MicroBatcher({
    maxItems: MAX_ITEMS,
    async run(entries) {
      const { processId, claims } = await persistence.untilItPasses('Claiming', async () => {
        const processId = lease.processId
        return { processId, claims: await claimAttempts(pool, processId, entries) }
      })
      const byId = new Map(claims.map((claimed) => [claimed.taskInstanceId, claimed]))
      return entries.map(({ taskInstanceId }) => {
        const claimed = byId.get(taskInstanceId)
        // Two deliveries of one entry in one batch are one claim.
        byId.delete(taskInstanceId)
        return claimed ? { claimed, processId } : null
      })
    },
  })
}
