// A metadata database, a worker that ends attempts as the test wants, and what was written of them.

import type { Pool } from '../../connections/postgres.ts'
import type { FailureKind } from '../../orchestrator/graph/retry.ts'
import {
  type AttemptOutcome,
  type ClaimedAttempt,
  claimAttempts,
  finishAttempts,
} from '../../orchestrator/store/attempts.ts'
import { type AlertRow, listAlerts } from '../../orchestrator/store/read/alerts.ts'
import { startRuns, triggerRun } from '../../orchestrator/store/runs.ts'
import { freshControlPlane, registerWorker } from '../support/control-plane.ts'

export interface End {
  outcome: AttemptOutcome
  error?: string
  failureCode?: FailureKind
}

export const failing: End = {
  outcome: 'failed',
  error: 'broker is gone\n    at consume (consume.ts:7)',
}

export interface FailingPlane {
  pool: Pool
  databaseUrl: string
  worker: string
  finish(attempts: readonly ClaimedAttempt[], end: End): Promise<void>
  /** Starts a run, claims what is ready and ends it. */
  runAndEnd(dagId: string, end: End, runId?: string): Promise<void>
  /** Oldest first. */
  alerts(states?: string[]): Promise<AlertRow[]>
  close(): Promise<void>
}

export async function failingPlane(): Promise<FailingPlane> {
  const plane = await freshControlPlane()
  const { pool } = plane
  const worker = await registerWorker(pool)
  const failingOnes: FailingPlane = {
    pool,
    worker,
    databaseUrl: plane.database.url,
    async finish(attempts, { outcome, error, failureCode }) {
      const ends = attempts.map((attempt) => ({
        taskInstanceId: attempt.taskInstanceId,
        fence: attempt.fence,
        outcome,
        output: null,
        error: error ?? null,
        ...(failureCode && { failureCode }),
        delayMs: null,
        skipTaskIds: [],
        assetEvents: [],
        codeHash: null,
        continueHere: false,
      }))
      await finishAttempts(pool, worker, ends)
    },
    async runAndEnd(dagId, end, runId) {
      await triggerRun(pool, { dagId, triggeredBy: 'test', ...(runId && { runId }) })
      const queued = await startRuns(pool, dagId)
      await failingOnes.finish(await claimAttempts(pool, worker, queued), end)
    },
    async alerts(states) {
      const { rows } = await listAlerts(pool, { states }, { limit: 1_000, offset: 0 })
      return rows.reverse()
    },
    close: () => plane.close(),
  }
  return failingOnes
}
