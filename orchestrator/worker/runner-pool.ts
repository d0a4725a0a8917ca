// The runner threads of a worker. Short tasks share few threads: a new one starts only when an
// attempt has waited a little for one of those that run, and only as many at once as there are cores.
// Where handlers end at once an attempt waits longer, for then its wait is not the threads' fault: a
// fan-out of 10,000 tiny tasks on a busy machine grew fifty threads, and starting them was most of the
// worker's time. Threads that have been idle for a while are ended, all but one.
//
// A thread keeps the modules it loaded, and DAGs share modules. So when the code of any DAG changes,
// every thread from before is of an older generation and is not used again.
//
// A thread takes its next attempt when nothing is left of the one before: no timer, connection or request
// of it is alive. One that is not quiet at once leaves the pool, which may start another in its place, and
// comes back when it is. After a while it is ended with what holds it, and at once when there would be
// more than two threads for each place: each attempt of a fan-out may leave something behind.

import { availableParallelism } from 'node:os'
import { RunnerHandle, type RunnerOptions } from './runner-handle.ts'
import { RUNNER_SETTINGS, type RunnerSettings } from './runner-protocol.ts'

// An attempt waits this long while others end, and this long in any case.
const QUIET_BEFORE_STARTING_MS = 10
const WAIT_BEFORE_STARTING_MS = 50
const WAIT_FOR_SHORT_ONES_MS = 1_000
const LOOK_AGAIN_MS = 10
// What an attempt left behind has so long to end before its thread is missed.
const QUIET_WITHIN_MS = 50
const LEFT_BEHIND_MS = 5_000
const MAX_STARTING = Math.max(1, availableParallelism())

export interface RunnerPoolOptions {
  /** Threads at most. */
  size: number
  memoryLimitMb: number
  idleMs: number
  /** A thread in which something is left of an attempt is ended after so long. */
  leftBehindMs?: number
  env: NodeJS.ProcessEnv
  settings?: RunnerSettings
  /** Told what attempts that had ended left behind. */
  log?: ((message: string) => void) | undefined
}

interface PooledThread {
  runner: RunnerHandle
  generation: number
  idleSince: number
  dagIds: Set<string>
  /** Runs while something is left of its last attempt. */
  leftTimer?: NodeJS.Timeout | undefined
}

interface WaitingAttempt {
  dagId: string
  since: number
  take(thread: PooledThread): void
  fail(error: Error): void
}

/** A runner for one attempt. Give it back, also when it has died. */
export interface LeasedRunner {
  runner: RunnerHandle
  giveBack(): void
}

export class RunnerPool {
  readonly #options: RunnerPoolOptions
  readonly #idle: PooledThread[] = []
  readonly #threads = new Set<PooledThread>()
  /** Threads in which something is left of an attempt that has ended. */
  readonly #leaving = new Set<PooledThread>()
  readonly #children = new Set<RunnerHandle>()
  readonly #waiting: WaitingAttempt[] = []
  readonly #codeHashes = new Map<string, string>()
  readonly #trimmer: NodeJS.Timeout
  #generation = 0
  #lastGivenBack = 0
  #starting = 0
  #growTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: RunnerPoolOptions) {
    this.#options = options
    this.#trimmer = setInterval(() => this.#trim(), options.idleMs).unref()
  }

  get threadCount(): number {
    return this.#threads.size
  }

  /** Whether this worker has run this code of the DAG before. */
  knows(dagId: string): boolean {
    return this.#codeHashes.has(dagId)
  }

  get knownDagIds(): string[] {
    return [...this.#codeHashes.keys()]
  }

  /** Says what the code of a DAG is now; another than before makes all threads outdated. */
  noteCode(dagId: string, codeHash: string): void {
    const before = this.#codeHashes.get(dagId)
    if (before === codeHash) return
    this.#codeHashes.set(dagId, codeHash)
    if (before === undefined) return
    this.#generation += 1
    for (const thread of this.#idle.splice(0)) this.#retire(thread)
  }

  /** Starts the first thread before an attempt asks for it. */
  warm(): void {
    if (this.#threads.size === 0) this.#startThread()
  }

  async leaseThread(dagId: string): Promise<LeasedRunner> {
    const thread = this.#takeIdle(dagId) ?? (await this.#wait(dagId))
    thread.dagIds.add(dagId)
    return { runner: thread.runner, giveBack: () => this.#giveBack(thread) }
  }

  /** A process for one attempt. */
  async leaseProcess(): Promise<LeasedRunner> {
    const runner = new RunnerHandle(this.#runnerOptions('process'))
    this.#children.add(runner)
    void runner.ended.then(() => this.#children.delete(runner))
    await runner.ready
    return {
      runner,
      giveBack: () => void runner.terminate('The attempt had ended'),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#trimmer)
    clearTimeout(this.#growTimer)
    for (const waiting of this.#waiting.splice(0)) waiting.fail(new Error('The worker has ended'))
    const threads = [...this.#threads, ...this.#leaving]
    const runners = [...threads.map(({ runner }) => runner), ...this.#children]
    await Promise.all(runners.map((runner) => runner.terminate('The worker has ended')))
  }

  #takeIdle(dagId: string): PooledThread | undefined {
    // The last used first, so that the others grow idle; one that has the DAG loaded before all.
    let at = this.#idle.length - 1
    for (let i = at; i >= 0; i--) {
      if (this.#idle[i]!.dagIds.has(dagId)) {
        at = i
        break
      }
    }
    return at < 0 ? undefined : this.#idle.splice(at, 1)[0]
  }

  #wait(dagId: string): Promise<PooledThread> {
    if (this.#closed) return Promise.reject(new Error('The worker has ended'))
    return new Promise((take, fail) => {
      this.#waiting.push({ dagId, since: performance.now(), take, fail })
      this.#growSoon()
    })
  }

  #giveBack(thread: PooledThread): void {
    if (!thread.runner.isAlive) return
    this.#lastGivenBack = performance.now()
    if (this.#closed || thread.generation !== this.#generation) {
      this.#retire(thread)
      this.#growSoon()
      return
    }
    if (!thread.runner.isQuiet) {
      thread.leftTimer = setTimeout(() => this.#leave(thread), QUIET_WITHIN_MS)
      thread.runner.whenQuiet(() => this.#comeBack(thread))
      return
    }
    const waiting = this.#waiting.shift()
    if (waiting) waiting.take(thread)
    else {
      thread.idleSince = performance.now()
      this.#idle.push(thread)
    }
  }

  #leave(thread: PooledThread): void {
    this.#threads.delete(thread)
    this.#leaving.add(thread)
    thread.leftTimer = setTimeout(
      () => void thread.runner.terminate('An attempt that had ended left something behind'),
      this.#options.leftBehindMs ?? LEFT_BEHIND_MS,
    )
    this.#growSoon()
  }

  #comeBack(thread: PooledThread): void {
    clearTimeout(thread.leftTimer)
    if (this.#leaving.delete(thread)) {
      if (this.#threads.size >= this.#options.size) {
        void thread.runner.terminate('Another thread has taken its place')
        return
      }
      this.#threads.add(thread)
    }
    this.#giveBack(thread)
  }

  #growSoon(): void {
    // Those that are starting already have an attempt each to take.
    if (this.#closed || this.#growTimer || this.#waiting.length <= this.#starting) return
    if (this.#threads.size >= this.#options.size || this.#starting >= MAX_STARTING) return
    const now = performance.now()
    const waited = now - this.#waiting[0]!.since
    // With no thread that could become free there is nothing to wait for.
    const inUse = this.#threads.size - this.#starting
    const delay = inUse === 0 ? 0 : Math.max(0, this.#patience(waited, now))
    this.#growTimer = setTimeout(() => {
      this.#growTimer = undefined
      if (delay === 0 && this.#waiting.length > this.#starting) this.#startThread()
      // Once more: the attempt that was waited for may have its thread by now.
      this.#growSoon()
    }, delay)
  }

  /** How much longer the first attempt in the line should wait for a thread that runs. */
  #patience(waited: number, now: number): number {
    const isOneFreeSoon = [...this.#threads].some(
      ({ runner }) => runner.isReady && !runner.isOccupied(now),
    )
    if (isOneFreeSoon) return Math.min(WAIT_FOR_SHORT_ONES_MS - waited, LOOK_AGAIN_MS)
    const quiet = QUIET_BEFORE_STARTING_MS - Math.min(waited, now - this.#lastGivenBack)
    return Math.min(quiet, WAIT_BEFORE_STARTING_MS - waited)
  }

  #startThread(): void {
    if (this.#threads.size + this.#leaving.size >= 2 * this.#options.size) this.#endOldestLeaver()
    const thread: PooledThread = {
      runner: new RunnerHandle(this.#runnerOptions('thread')),
      generation: this.#generation,
      idleSince: 0,
      dagIds: new Set(),
    }
    this.#threads.add(thread)
    this.#starting += 1
    thread.runner.ready.then(
      () => {
        this.#starting -= 1
        this.#giveBack(thread)
        this.#growSoon()
      },
      (error: Error) => {
        this.#starting -= 1
        this.#waiting
          .shift()
          ?.fail(new Error(`A runner thread could not be started: ${error.message}`))
        this.#growSoon()
      },
    )
    void thread.runner.ended.then(() => {
      this.#threads.delete(thread)
      this.#leaving.delete(thread)
      clearTimeout(thread.leftTimer)
      const at = this.#idle.indexOf(thread)
      if (at >= 0) this.#idle.splice(at, 1)
      this.#growSoon()
    })
  }

  #endOldestLeaver(): void {
    // A set keeps the order in which they left.
    const [oldest] = this.#leaving
    if (!oldest) return
    this.#leaving.delete(oldest)
    clearTimeout(oldest.leftTimer)
    void oldest.runner.terminate('Too many attempts that had ended left something behind')
  }

  #retire(thread: PooledThread): void {
    this.#threads.delete(thread)
    void thread.runner.terminate('The code of the DAG has changed')
  }

  #trim(): void {
    const before = performance.now() - this.#options.idleMs
    while (this.#idle.length > 1 && this.#idle[0]!.idleSince < before) {
      this.#retire(this.#idle.shift()!)
    }
  }

  #runnerOptions(isolation: 'thread' | 'process'): RunnerOptions {
    return {
      isolation,
      memoryLimitMb: this.#options.memoryLimitMb,
      settings: this.#options.settings ?? RUNNER_SETTINGS,
      env: this.#options.env,
      onLeftBehind: this.#options.log,
    }
  }
}
