// Batched finishes: ends that come while one is being committed share the next transaction. What
// became ready is published at once, or goes on here.

import type { Pool } from '../../connections/postgres.ts'
import { failpoint } from '../sdk/failpoint.ts'
import {
  type ClaimedAttempt,
  type FinishedAttempt,
  type FinishResult,
  finishAttempts,
} from '../store/attempts.ts'
import type { Lease } from './lease.ts'
import { MicroBatcher } from './micro-batcher.ts'
import type { Persistence } from './persistence.ts'
import type { Publisher } from './publisher.ts'
import type { WorkerLog } from './worker-log.ts'

const MAX_ITEMS = 500

export interface Finish {
  finished: FinishedAttempt
  dagRunId: string
  processId: string
}

/** Gives each finish the attempt that goes on in its place, if one does. */
export function finishBatcher(options: {
  pool: Pool
  lease: Lease
  persistence: Persistence
  publisher: Publisher
  log: WorkerLog
}): MicroBatcher<Finish, ClaimedAttempt | null> {
  const { pool, lease, persistence, publisher, log } = options

  async function commit(finishes: readonly Finish[], processId: string): Promise<FinishResult> {
    failpoint('worker.before_finish')
    const result = await persistence.untilItPasses('Finishing', () =>
      finishAttempts(
        pool,
        processId,
        finishes.map(({ finished }) => finished),
      ),
    )
    publisher.publish(result.queued)
    for (const id of result.refused) {
      log('warning', `The end of task instance ${id} was refused: its fence is old`)
    }
    return result
  }

  /** An end that the database will not have must not take its neighbours with it. */
  async function oneByOne(finishes: readonly Finish[], processId: string) {
    const continued: (ClaimedAttempt | null)[] = []
    for (const finish of finishes) {
      try {
        continued.push((await commit([finish], processId)).continued[0] ?? null)
      } catch (error) {
        if (finish.finished.outcome === 'failed' && finish.finished.output === null) throw error
        const failed: FinishedAttempt = {
          ...finish.finished,
          outcome: 'failed',
          output: null,
          error: `The end of the attempt could not be stored: ${error instanceof Error ? error.message : String(error)}`,
          skipTaskIds: [],
          assetEvents: [],
        }
        await commit([{ ...finish, finished: failed }], processId)
        continued.push(null)
      }
    }
    return continued
  }

  return new MicroBatcher({
    maxItems: MAX_ITEMS,
    async run(items) {
      const processId = lease.processId
      // Those of a lapsed lease have been taken away: their ends would be refused.
      const own = items.filter((item) => item.processId === processId)
      if (own.length === 0) return items.map(() => null)
      try {
        const { continued } = await commit(own, processId)
        return assign(items, processId, continued)
      } catch (error) {
        if (own.length === 1 && own[0]!.finished.outcome === 'failed') throw error
        const continued = await oneByOne(own, processId)
        return items.map((item) => continued[own.indexOf(item)] ?? null)
      }
    },
  })
}

/** Any finisher of the run that asked to go on may take the next: they are of one queue and size. */
function assign(
  items: readonly Finish[],
  processId: string,
  continued: readonly ClaimedAttempt[],
): (ClaimedAttempt | null)[] {
  if (continued.length === 0) return items.map(() => null)
  const left = [...continued]
  return items.map(({ finished, dagRunId, ...item }) => {
    if (!finished.continueHere || item.processId !== processId) return null
    const at = left.findIndex((attempt) => attempt.dagRunId === dagRunId)
    return at < 0 ? null : left.splice(at, 1)[0]!
  })
}
