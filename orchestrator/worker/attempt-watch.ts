// Once a second, for attempts that run: which of them somebody asked to cancel, or took over? One
// statement for all of them, none when nothing runs. Now and then, and at once after a statement whose
// outcome is unknown, it also looks for attempts that the database says are ours and that we know
// nothing of, and gives them back.

import type { Pool } from '../../connections/postgres.ts'
import { attemptsToAbort, type FinishedAttempt, finishAttempts } from '../store/attempts.ts'
import type { Lease } from './lease.ts'
import type { Persistence } from './persistence.ts'
import type { Publisher } from './publisher.ts'
import type { WorkerLog } from './worker-log.ts'

// Looks between two checks for unknown attempts, when nothing is in doubt.
const UNKNOWN_EVERY = 10

export interface AttemptWatchOptions {
  pool: Pool
  lease: Lease
  persistence: Persistence
  publisher: Publisher
  log: WorkerLog
  everyMs: number
  running(): { taskInstanceId: string; fence: number }[]
  abort(taskInstanceId: string): void
}

export function watchAttempts(options: AttemptWatchOptions): { stop(): void } {
  const { pool, lease, persistence, publisher, log, running } = options
  let suspects = new Map<string, number>()
  let isBusy = false
  let looks = 0

  async function look(): Promise<void> {
    const now = running()
    if (now.length > 0) {
      for (const id of await attemptsToAbort(pool, now)) options.abort(id)
    }
    looks += 1
    const isDue = looks % UNKNOWN_EVERY === 0
    if (isDue || persistence.isInDoubt || suspects.size > 0) await giveBackUnknown()
  }

  async function giveBackUnknown(): Promise<void> {
    persistence.isInDoubt = false
    const processId = lease.processId
    const { rows } = await pool.query<{ id: string; fence: number }>(
      `select id, fence from terrace.task_instance where process_id = $1 and state = 'running'`,
      [processId],
    )
    const known = new Set(running().map(({ taskInstanceId }) => taskInstanceId))
    const unknown = rows.filter(({ id }) => !known.has(id))
    // Seen twice: the answer to a claim may still be on its way the first time.
    const lost = unknown.filter(({ id, fence }) => suspects.get(id) === fence)
    suspects = new Map(unknown.map(({ id, fence }) => [id, fence]))
    if (lost.length === 0) return
    log('warning', `${lost.length} attempts were claimed without our knowing: they are given back`)
    const { queued } = await finishAttempts(pool, processId, lost.map(released))
    publisher.publish(queued)
  }

  const timer = setInterval(() => {
    if (isBusy) return
    isBusy = true
    look()
      .catch((error: Error) =>
        log('warning', `Running attempts were not checked: ${error.message}`),
      )
      .finally(() => {
        isBusy = false
      })
  }, options.everyMs)
  return { stop: () => clearInterval(timer) }
}

function released({ id, fence }: { id: string; fence: number }): FinishedAttempt {
  return {
    taskInstanceId: id,
    fence,
    outcome: 'released',
    output: null,
    error: null,
    delayMs: null,
    skipTaskIds: [],
    assetEvents: [],
    codeHash: null,
    continueHere: false,
  }
}
