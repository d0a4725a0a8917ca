// What the control plane's SQL promises, each as a scenario that returns what broke it. The suite
// expects nothing; the self-test takes the promise's mechanism away and expects something.

import type { Pool } from '../../connections/postgres.ts'
import {
  type ClaimedAttempt,
  claimAttempts,
  type FinishedAttempt,
  finishAttempts,
} from '../../orchestrator/store/attempts.ts'
import { loseAttempts, unpublished } from '../../orchestrator/store/reconcile.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { registerWorker } from '../support/control-plane.ts'
import { controlPlaneViolations } from '../support/invariants.ts'

/** A DAG of one task, `promise_<n>`, must be registered for each. */
export const PROMISES = {
  outbox: whatWasQueuedIsInTheOutbox,
  // A success that comes alone has a statement of its own.
  fence: (pool: Pool, dagId: string) => anOldFenceIsRefused(pool, dagId, 'skipped'),
  'fence of a success': (pool: Pool, dagId: string) => anOldFenceIsRefused(pool, dagId, 'success'),
  compareAndSet: oneOfManyClaimsWins,
}

/** W1: the process that started a run dies before it has told the queue. */
async function whatWasQueuedIsInTheOutbox(pool: Pool, dagId: string): Promise<string[]> {
  await triggerRun(pool, { dagId, triggeredBy: 'test' })
  const queued = await startRuns(pool, dagId)
  const published = (await unpublished(pool, { minAgeMs: 0 })).map((entry) => entry.taskInstanceId)
  return queued
    .filter((entry) => !published.includes(entry.taskInstanceId))
    .map((entry) => `task instance ${entry.taskInstanceId} is queued and in no outbox`)
}

/** W7: an attempt that was taken away, and given to the same worker again, ends twice. */
async function anOldFenceIsRefused(
  pool: Pool,
  dagId: string,
  outcome: 'success' | 'skipped',
): Promise<string[]> {
  const worker = await registerWorker(pool)
  await triggerRun(pool, { dagId, triggeredBy: 'test' })
  const [old] = await claimAttempts(pool, worker, await startRuns(pool, dagId))
  // Given back by its drain, and claimed again by the same process: only the fence tells them apart.
  const { queued } = await finishAttempts(pool, worker, [end(old!, 'released')])
  const [present] = await claimAttempts(pool, worker, queued)
  const stale = await finishAttempts(pool, worker, [end(old!, outcome)])
  const accepted = await finishAttempts(pool, worker, [end(present!, outcome)])
  const broken = stale.refused.length === 1 ? [] : ['a finish with an old fence was accepted']
  if (accepted.refused.length > 0) broken.push('the finish of the present attempt was refused')
  return [...broken, ...(await violations(pool))]
}

/** W2 and W7: one entry, delivered to several workers and several times. */
async function oneOfManyClaimsWins(pool: Pool, dagId: string): Promise<string[]> {
  const workers = await Promise.all([1, 2, 3, 4].map(() => registerWorker(pool)))
  await triggerRun(pool, { dagId, triggeredBy: 'test' })
  const entries = await startRuns(pool, dagId)
  const claims: { worker: string; claimed: ClaimedAttempt }[] = []
  for (const worker of workers) {
    for (const claimed of await claimAttempts(pool, worker, entries)) {
      claims.push({ worker, claimed })
    }
  }
  for (const { worker, claimed } of claims) {
    await finishAttempts(pool, worker, [end(claimed, 'success')])
  }
  await loseAttempts(pool)
  const broken = claims.length === 1 ? [] : [`${claims.length} claims of one entry were accepted`]
  return [...broken, ...(await violations(pool))]
}

async function violations(pool: Pool): Promise<string[]> {
  return (await controlPlaneViolations(pool)).map(({ invariant }) => invariant)
}

function end(
  { taskInstanceId, fence }: ClaimedAttempt,
  outcome: 'success' | 'skipped' | 'released',
): FinishedAttempt {
  return {
    taskInstanceId,
    fence,
    outcome,
    output: null,
    error: null,
    delayMs: null,
    skipTaskIds: [],
    assetEvents: [],
    codeHash: null,
    continueHere: false,
  }
}
