// A worker: takes deliveries from its queues, claims, runs and finishes attempts, and keeps a lease
// while it does. This thread runs no user code, so nothing that a task does can stop the heartbeat.

import { environmentTexts } from '../../connections/environment.ts'
import type { Pool } from '../../connections/postgres.ts'
import type { QueueConsumer, QueueEntry, TaskQueue } from '../queue/types.ts'
import { failpoint } from '../sdk/failpoint.ts'
import type { FinishedAttempt } from '../store/attempts.ts'
import { beginDrain, endProcess } from '../store/processes.ts'
import { Attempt, type AttemptOptions } from './attempt.ts'
import type { AttemptEnd } from './attempt-end.ts'
import { AttemptLog } from './attempt-log.ts'
import { watchAttempts } from './attempt-watch.ts'
import { type Claim, openClaimer } from './claims.ts'
import { CodeChanges } from './code-changes.ts'
import { DagVersions } from './dag-versions.ts'
import { DRAIN_LIMIT_SECONDS } from './drain-limit.ts'
import { failureLine } from './failure-line.ts'
import { finishBatcher } from './finishes.ts'
import { GiveBacks } from './give-backs.ts'
import { takeLease } from './lease.ts'
import { LogWriter } from './log-writer.ts'
import { Persistence, StoppedError } from './persistence.ts'
import type { Presence } from './presence.ts'
import { Publisher } from './publisher.ts'
import { RunnerPool } from './runner-pool.ts'
import { type AbortReason, RUNNER_SETTINGS } from './runner-protocol.ts'
import { maskSecrets } from './secrets.ts'
import { Slots } from './slots.ts'
import type { WorkerLog } from './worker-log.ts'

export type { WorkerLog } from './worker-log.ts'

export interface WorkerOptions {
  pool: Pool
  queue: TaskQueue
  /** What the paths of DAG files are relative to. */
  dagsFolder: string
  /** Default: `default`. */
  queues?: readonly string[]
  /** Attempts at a time; default 8. */
  concurrency?: number
  hostname: string
  version?: string
  /** How long the worker may be silent before its tasks go to others; default 20. */
  leaseSeconds?: number
  log: WorkerLog
  /** What tasks see; its secrets are masked in their logs. Default: this process's. */
  env?: NodeJS.ProcessEnv
  /** A connection that ends with this process; the caller closes it. */
  presence?: Presence
  /** Told every id under which the worker registers. */
  onRegistered?: (processId: string) => void
  /** Opened before by `openRunners`, with the same options; the worker closes them. */
  runners?: RunnerPool
  limits?: Partial<WorkerLimits>
  random?: () => number
}

export interface WorkerLimits {
  /** How long `drain` lets attempts finish before it gives them back. */
  drainMs: number
  /** How long a handler may take to heed its signal before its runner is ended. */
  abortGraceMs: number
  /** Heap of one runner. */
  memoryMb: number
  /** Attempts that follow one another here without a trip through the queue. */
  maxContinued: number
  /** A runner thread that has been idle for this long is ended. */
  idleRunnerMs: number
  /** So long may live what an attempt left behind, in a thread that takes no other. Default: 5 s. */
  leftBehindMs?: number
  /** Default: a quarter of the lease. */
  renewEveryMs?: number
  watchEveryMs: number
}

const LIMITS: WorkerLimits = {
  drainMs: DRAIN_LIMIT_SECONDS * 1_000,
  abortGraceMs: 5_000,
  memoryMb: 512,
  maxContinued: 16,
  idleRunnerMs: 10_000,
  watchEveryMs: 1_000,
}

const CONCURRENCY = 8
const GIVEN_BACK = 'The worker ends: the attempt is given back'

export interface RunningWorker {
  /** Of its present lease. */
  readonly processId: string
  /** Takes nothing new, lets attempts finish within the limit, gives the rest back, ends its row. */
  drain(): Promise<void>
  /** Drops everything as if the process had been killed: nothing is written any more. */
  kill(): Promise<void>
}

/** The first of them starts at once, before an attempt asks for it: that takes half a second. */
export function openRunners(
  options: Pick<WorkerOptions, 'dagsFolder' | 'concurrency' | 'env' | 'limits'> &
    Partial<Pick<WorkerOptions, 'log'>>,
): RunnerPool {
  const { memoryMb, idleRunnerMs, leftBehindMs } = { ...LIMITS, ...options.limits }
  const runners = new RunnerPool({
    size: options.concurrency ?? CONCURRENCY,
    memoryLimitMb: memoryMb,
    idleMs: idleRunnerMs,
    ...(leftBehindMs !== undefined && { leftBehindMs }),
    env: options.env ?? process.env,
    settings: { ...RUNNER_SETTINGS, dagsFolder: options.dagsFolder },
    log: (message) => options.log?.('warning', message),
  })
  runners.warm()
  return runners
}

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { pool, queue, log } = options
  const limits = { ...LIMITS, ...options.limits }
  const concurrency = options.concurrency ?? CONCURRENCY
  const queues = options.queues ?? ['default']
  const env = options.env ?? process.env
  const persistence = new Persistence(log)
  const runners = options.runners ?? openRunners(options)
  const mask = maskSecrets(environmentTexts(env))
  const giveBacks = new GiveBacks()
  const running = new Map<string, Attempt>()
  const slots = new Slots(concurrency)
  let isDraining = false
  let isGivingBack = false
  let isKilled = false

  const lease = await takeLease({
    pool,
    log,
    register: {
      hostname: options.hostname,
      pid: process.pid,
      version: options.version ?? '0',
      detail: { queues, concurrency },
      leaseSeconds: options.leaseSeconds,
    },
    ...(limits.renewEveryMs !== undefined && { renewEveryMs: limits.renewEveryMs }),
    presence: options.presence,
    onRegistered: options.onRegistered,
    onLapsed: () => abortAll('lease_lost', 'The worker lost its lease'),
  })
  const publisher = new Publisher(pool, queue, log)
  const logs = new LogWriter(pool, log)
  const codeChanges = new CodeChanges(pool, runners)
  const claimer = openClaimer({
    pool,
    lease,
    persistence,
    publisher,
    isDraining: () => isDraining,
  })
  const finishes = finishBatcher({ pool, lease, persistence, publisher, log, mask })
  const watch = watchAttempts({
    pool,
    lease,
    persistence,
    finishes,
    giveBacks,
    log,
    everyMs: limits.watchEveryMs,
    running: () => [...running.values()].map(({ claim: { claimed } }) => claimed),
    abort: (id, why) => running.get(id)?.abort('cancelled', why),
  })
  const attemptOptions: AttemptOptions = {
    runners,
    versions: new DagVersions(pool, persistence),
    dagsFolder: options.dagsFolder,
    abortGraceMs: limits.abortGraceMs,
    random: options.random ?? Math.random,
  }

  function abortAll(reason: AbortReason, message: string): void {
    for (const attempt of running.values()) attempt.abort(reason, message)
  }

  async function onDelivery(entry: QueueEntry): Promise<void> {
    await slots.take()
    try {
      if (isKilled) return
      let claim = await claimer.claim(entry)
      for (let nth = 1; claim !== null; nth += 1) {
        failpoint('worker.after_claim')
        claim = await runAttempt(claim, nth)
      }
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error
    } finally {
      slots.giveBack()
    }
  }

  /** Returns the attempt that follows on this worker, if one does. */
  async function runAttempt(claim: Claim, nth: number): Promise<Claim | null> {
    const { claimed } = claim
    const attemptLog = new AttemptLog(logs, claimed, mask)
    const attempt = new Attempt(claim, attemptLog, attemptOptions)
    running.set(claimed.taskInstanceId, attempt)
    try {
      // Claimed, or continued, while the drain gave back what ran: it is given back too.
      if (isGivingBack) attempt.abort('drain', GIVEN_BACK)
      const end = await endOf(attempt, attemptLog)
      if (isKilled || end === null) return null
      // Nothing of an attempt that has ended may be missing from its log.
      await attemptLog.flush()
      const finished: FinishedAttempt = {
        ...end,
        taskInstanceId: claimed.taskInstanceId,
        fence: claimed.fence,
        codeHash: claimed.codeHash,
        continueHere: mayContinue(end, nth),
      }
      const failure = failureLine(claimed, end)
      if (failure !== null) log(end.outcome === 'failed' ? 'error' : 'warning', mask(failure))
      const { dagRunId } = claimed
      const next = await finishes.add({ finished, dagRunId, processId: claim.processId })
      return next && { claimed: next, processId: claim.processId }
    } finally {
      if (running.get(claimed.taskInstanceId) === attempt) running.delete(claimed.taskInstanceId)
    }
  }

  /** Whatever goes wrong between a claim and its end, the attempt has an end. */
  async function endOf(attempt: Attempt, attemptLog: AttemptLog): Promise<AttemptEnd | null> {
    try {
      await persistence.untilItPasses('Comparing code', () =>
        codeChanges.before(attempt.claim.claimed),
      )
      return await attempt.run()
    } catch (error) {
      if (error instanceof StoppedError) throw error
      const message = error instanceof Error ? error.message : String(error)
      attemptLog.say('error', message)
      return giveBacks.endFor(attempt.claim.claimed.taskInstanceId, message)
    }
  }

  function mayContinue(end: AttemptEnd, nth: number): boolean {
    return end.outcome === 'success' && nth <= limits.maxContinued && !isDraining
  }

  const consumers: QueueConsumer[] = []
  for (const name of queues) {
    // A lost connection is tried again several times a second: each message is said once a minute.
    const saidAt = new Map<string, number>()
    const onError = ({ message }: Error) => {
      const now = performance.now()
      if (now - (saidAt.get(message) ?? Number.NEGATIVE_INFINITY) < 60_000) return
      saidAt.set(message, now)
      log('warning', `Queue ${name}: ${message}`)
    }
    consumers.push(await queue.consume({ queue: name, concurrency, onError }, onDelivery))
  }
  log('info', `Worker ${lease.processId} takes from ${queues.join(', ')}, ${concurrency} at a time`)

  let drained: Promise<void> | undefined
  async function drain(): Promise<void> {
    isDraining = true
    const processId = lease.processId
    const settled = Promise.all(consumers.map((consumer) => consumer.drain()))
    await beginDrain(pool, processId).catch((error: Error) =>
      log('warning', `The drain could not be announced: ${error.message}`),
    )
    const limit = setTimeout(() => {
      isGivingBack = true
      abortAll('drain', GIVEN_BACK)
    }, limits.drainMs)
    await settled
    clearTimeout(limit)
    await Promise.all([publisher.idle(), logs.idle()])
    lease.stop()
    watch.stop()
    await runners.close()
    await endProcess(pool, processId).catch((error: Error) =>
      log('warning', `The end of the worker could not be written: ${error.message}`),
    )
    persistence.stop()
  }

  return {
    get processId() {
      return lease.processId
    },
    drain() {
      drained ??= drain()
      return drained
    },
    async kill() {
      isKilled = true
      persistence.stop()
      lease.stop()
      watch.stop()
      await Promise.all(consumers.map((consumer) => consumer.abort()))
      await runners.close()
    },
  }
}
