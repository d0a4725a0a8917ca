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
import { type Persistence, StoppedError } from './persistence.ts'
import type { Publisher } from './publisher.ts'
import { errorText, type SecretMask } from './secrets.ts'
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
  mask: SecretMask
}): MicroBatcher<Finish, ClaimedAttempt | null> {
  const { pool, lease, persistence, publisher, log } = options

  async function commit(finishes: readonly Finish[], processId: string): Promise<FinishResult> {
    failpoint('worker.before_finish')
    const ends = finishes.map(({ finished }) =>
      finished.error === null
        ? finished
        : { ...finished, error: errorText(finished.error, options.mask) },
    )
    let nSent = 0
    const result = await persistence.untilItPasses('Finishing', () => {
      nSent += 1
      return finishAttempts(pool, processId, ends)
    })
    publisher.publish(result.queued)
    for (const id of result.refused) {
      const why =
        nSent > 1
          ? 'it was stored by an earlier statement whose answer was lost, or others have the task now'
          : 'others have the task now'
      log('warning', `The end of an attempt of task instance ${id} changed nothing: ${why}`)
    }
    return result
  }

  /** An end that the database will not have must not take its neighbours with it. */
  async function oneByOne(finishes: readonly Finish[], processId: string) {
    const continued: (ClaimedAttempt | null)[] = []
    for (const finish of finishes) continued.push(await alone(finish, processId))
    return continued
  }

  /** An end that the database will not have is replaced by one that says so. */
  async function alone(finish: Finish, processId: string): Promise<ClaimedAttempt | null> {
    const { finished } = finish
    let end = finished
    for (const instead of [notStored, failedUnsaid, null]) {
      try {
        return (await commit([{ ...finish, finished: end }], processId)).continued[0] ?? null
      } catch (error) {
        if (error instanceof StoppedError) throw error
        const why = errorText(messageOf(error), options.mask)
        log('error', `An end of task instance ${finished.taskInstanceId} was refused: ${why}`)
        if (instead) end = instead(finished, error)
      }
    }
    // The watch finds the attempt, and gives it back so often and no more.
    return null
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
        if (error instanceof StoppedError) throw error
        const continued = await oneByOne(own, processId)
        return items.map((item) => continued[own.indexOf(item)] ?? null)
      }
    },
  })
}

function notStored(finished: FinishedAttempt, cause: unknown): FinishedAttempt {
  return {
    ...finished,
    outcome: finished.outcome === 'success' ? 'failed' : finished.outcome,
    output: null,
    error: `The end of the attempt could not be stored: ${messageOf(cause)}`,
    skipTaskIds: [],
    assetEvents: [],
  }
}

/** Nothing that came from the task or the database: what can be stored when anything can. */
function failedUnsaid(finished: FinishedAttempt): FinishedAttempt {
  const error = 'The end of the attempt could not be stored; the log of the worker says why'
  return { ...notStored(finished, ''), outcome: 'failed', delayMs: null, codeHash: null, error }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
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
