// The scheduler: makes due runs, starts what the limits allow, and repairs. It acts on what
// transactions announce and on the moment that something falls due; the ticks are the net below.
// Any number of schedulers may run: whatever two of them attempt, one does.

import type { Pool } from '../../connections/postgres.ts'
import type { TaskQueue } from '../queue/types.ts'
import { cleanMetadata } from '../store/maintenance.ts'
import { endProcess, leaseRenewalMs, registerProcess, renewLease } from '../store/processes.ts'
import { scheduleDue } from '../store/reconcile.ts'
import { startRuns } from '../store/runs.ts'
import { dagsWithStartableRuns, nextDueInMs } from '../store/schedules.ts'
import { versionOfTerrace } from '../version.ts'
import { type AssetSource, AssetWatchers } from './asset-watchers.ts'
import { createAssetRuns, createDueRuns } from './due-runs.ts'
import { Publisher } from './publisher.ts'
import { RECONCILER_DEFAULTS, Reconciler, type ReconcilerOptions } from './reconciler.ts'
import { listenForWakeUps } from './wake-ups.ts'

export interface SchedulerOptions {
  pool: Pool
  databaseUrl: string
  queue: TaskQueue
  hostname: string
  /** What asset names with a prefix stand for; none: such assets are updated by tasks alone. */
  assetSource?: AssetSource
  log: (line: string) => void
  /** Ended runs and what hangs on them are deleted after so many days; null keeps all. */
  retentionDays?: number | null
  leaseSeconds?: number
  /** Told every id under which the scheduler registers. */
  onRegistered?: (processId: string) => void
  tickMs?: number
  reconciler?: Partial<ReconcilerOptions>
}

export interface RunningScheduler {
  /** Looks for work now; resolves when it has been done. */
  wake(): Promise<void>
  stop(): Promise<void>
}

const LONGEST_SLEEP_MS = 60_000
const CLEAN_EVERY_MS = 3_600_000

export async function startScheduler(options: SchedulerOptions): Promise<RunningScheduler> {
  const { pool, queue, log, leaseSeconds } = options
  const register = async () => {
    const id = await registerProcess(pool, {
      kind: 'scheduler',
      hostname: options.hostname,
      pid: process.pid,
      version: versionOfTerrace(),
      leaseSeconds,
    })
    options.onRegistered?.(id)
    return id
  }
  let processId = await register()
  const publisher = new Publisher(pool, queue, log)
  const reconciler = new Reconciler(pool, queue, publisher, log, {
    ...RECONCILER_DEFAULTS,
    ...options.reconciler,
  })
  const watchers = options.assetSource && new AssetWatchers(pool, options.assetSource, log)

  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const whenWrong = (what: string) => (error: unknown) => {
    if (!stopped) log(`${what} did not succeed and is tried again: ${(error as Error).message}`)
  }

  const pass = async () => {
    clearTimeout(timer)
    const onError = (dagId: string, error: unknown) => whenWrong(`Scheduling DAG "${dagId}"`)(error)
    await createDueRuns(pool, onError)
    const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
    await createAssetRuns(pool, rows[0]!.now, onError)
    for (const dagId of await dagsWithStartableRuns(pool)) {
      // One DAG's trouble is not the others'.
      await startRuns(pool, dagId).then(
        (queued) => publisher.publish(queued),
        (error: unknown) => onError(dagId, error),
      )
    }
    await publisher.publish(await scheduleDue(pool))
    const dueInMs = await nextDueInMs(pool)
    if (stopped) return
    // One millisecond more than asked: a timer may fire early.
    timer = setTimeout(
      wake,
      Math.min(Math.max(dueInMs ?? LONGEST_SLEEP_MS, 0) + 1, LONGEST_SLEEP_MS),
    )
  }
  const passes = new Coalescer(() => pass().catch(whenWrong('A look for work')))
  const wake = () => passes.run()

  const renewing = new Coalescer(async () => {
    if (!(await renewLease(pool, processId, leaseSeconds).catch(() => true)))
      processId = await register()
  })
  const ticking = new Coalescer(async () => {
    await reconciler.tick().catch(whenWrong('A repair'))
    await watchers?.update().catch(whenWrong('Watching assets'))
    await wake()
  })
  const cleaning = new Coalescer(async () => {
    if (options.retentionDays === null || options.retentionDays === undefined) return
    const before = new Date(Date.now() - options.retentionDays * 86_400_000)
    await cleanMetadata(pool, { before, dryRun: false }).catch(whenWrong('Retention'))
  })
  const timers = [
    setInterval(() => void renewing.run(), leaseRenewalMs(leaseSeconds)),
    setInterval(() => void ticking.run(), options.tickMs ?? 2_000),
    setInterval(() => void cleaning.run(), CLEAN_EVERY_MS),
  ]
  const wakeUps = await listenForWakeUps(
    options.databaseUrl,
    { onWake: () => void wake(), onLoss: () => void ticking.run() },
    log,
  )
  void ticking.run()

  return {
    wake,
    async stop() {
      stopped = true
      clearTimeout(timer)
      for (const interval of timers) clearInterval(interval)
      await wakeUps.close()
      await Promise.all([passes, renewing, ticking, cleaning].map((work) => work.idle()))
      clearTimeout(timer)
      await watchers?.close()
      await endProcess(pool, processId).catch(() => {})
    },
  }
}

/** Runs work one at a time; calls during a run become one more run after it. */
class Coalescer {
  readonly #work: () => Promise<void>
  #running: Promise<void> | undefined
  #again: Promise<void> | undefined

  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  run(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#work().finally(() => {
        this.#running = undefined
      })
      return this.#running
    }
    this.#again ??= this.#running.then(() => {
      this.#again = undefined
      return this.run()
    })
    return this.#again
  }

  async idle(): Promise<void> {
    while (this.#running) await (this.#again ?? this.#running)
  }
}
