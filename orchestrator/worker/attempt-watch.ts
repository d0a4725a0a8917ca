// Once a second, for attempts that run: which of them somebody asked to cancel, or took over? One
// statement for all of them, none when nothing runs. Now and then, and at once after a statement whose
// outcome is unknown, it also looks for attempts that the database says are ours and that we know
// nothing of, and gives them back.

import type { Pool } from '../../connections/postgres.ts'
import { counted } from '../counted.ts'
import { attemptsToAbort, type ClaimedAttempt } from '../store/attempts.ts'
import type { Finish } from './finishes.ts'
import type { GiveBacks } from './give-backs.ts'
import type { Lease } from './lease.ts'
import type { MicroBatcher } from './micro-batcher.ts'
import type { Persistence } from './persistence.ts'
import type { WorkerLog } from './worker-log.ts'

// Looks between two checks for unknown attempts, when nothing is in doubt.
const UNKNOWN_EVERY = 10

export interface AttemptWatchOptions {
  pool: Pool
  lease: Lease
  persistence: Persistence
  finishes: MicroBatcher<Finish, ClaimedAttempt | null>
  giveBacks: GiveBacks
  log: WorkerLog
  everyMs: number
  running(): { taskInstanceId: string; fence: number }[]
  abort(taskInstanceId: string, why: string): void
}

export function watchAttempts(options: AttemptWatchOptions): { stop(): void } {
  const { pool, lease, persistence, log, running } = options
  let suspects = new Map<string, number>()
  let isBusy = false
  let looks = 0

  async function look(): Promise<void> {
    const now = running()
    if (now.length > 0) {
      const toAbort = await attemptsToAbort(pool, now)
      // While the answer came a task may have been given back and claimed anew: it was not asked about.
      const fences = new Map(running().map((attempt) => [attempt.taskInstanceId, attempt.fence]))
      for (const { taskInstanceId: id, fence } of now) {
        if (toAbort.has(id) && fences.get(id) === fence) options.abort(id, toAbort.get(id)!)
      }
    }
    looks += 1
    const isDue = looks % UNKNOWN_EVERY === 0
    if (isDue || persistence.isInDoubt || suspects.size > 0) await giveBackUnknown()
  }

  async function giveBackUnknown(): Promise<void> {
    persistence.isInDoubt = false
    const processId = lease.processId
    const { rows } = await pool.query<{ id: string; fence: number; dagRunId: string }>(
      `select id, fence, dag_run_id as "dagRunId" from terrace.task_instance where process_id = $1
         and state in ('running', 'restarting')`,
      [processId],
    )
    const known = new Set(running().map(({ taskInstanceId }) => taskInstanceId))
    const unknown = rows.filter(({ id }) => !known.has(id))
    // Seen twice: the answer to a claim may still be on its way the first time.
    const lost = unknown.filter(({ id, fence }) => suspects.get(id) === fence)
    suspects = new Map(unknown.map(({ id, fence }) => [id, fence]))
    if (lost.length === 0) return
    log(
      'warning',
      `Given back, because claimed without our knowing: ${counted(lost.length, 'attempt')}`,
    )
    await Promise.all(lost.map((attempt) => giveBack(attempt, processId)))
  }

  async function giveBack(
    { id, fence, dagRunId }: { id: string; fence: number; dagRunId: string },
    processId: string,
  ): Promise<void> {
    const end = options.giveBacks.endFor(id, 'its worker knew nothing of the attempt')
    const finished = { ...end, taskInstanceId: id, fence, codeHash: null, continueHere: false }
    await options.finishes.add({ finished, dagRunId, processId })
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
