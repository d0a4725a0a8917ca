// The worker's end of one runner: a thread, or a child process for `isolation: 'process'`. A runner
// that dies fails the attempt that it runs, with a message that says why, and nothing else.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { LogCredit } from './log-credit.ts'
import {
  type AbortReason,
  type FromRunner,
  failed,
  type RunnerLine,
  type RunnerResult,
  type RunnerSettings,
  type RunRequest,
  type ThreadData,
  type ToRunner,
} from './runner-protocol.ts'

const SHORT_MS = 5
const SURELY_LONG_MS = 250

const BOOTSTRAP = new URL('./runner-bootstrap.mjs', import.meta.url)

export interface RunnerOptions {
  isolation: 'thread' | 'process'
  memoryLimitMb: number
  settings: RunnerSettings
  env: NodeJS.ProcessEnv
  /** Told what an attempt that had ended left behind, and did to the thread. */
  onLeftBehind?: ((message: string) => void) | undefined
}

/** Takes lines of an attempt; resolves when they are written, or lost, and it may send as many more. */
export type OnLines = (lines: RunnerLine[]) => Promise<void>

interface RunningAttempt {
  onLines: OnLines
  resolve(result: RunnerResult): void
  since: number
}

/** The task's process, with what it has started. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** What a thread and a process have in common. */
interface Channel {
  post(message: ToRunner): void
  end(): Promise<unknown>
}

export class RunnerHandle {
  /** Settles when the runner can take an attempt; rejects when it could not be started. */
  readonly ready: Promise<void>
  /** Settles when the runner has ended, for whatever reason. */
  readonly ended: Promise<void>
  isAlive = true
  isReady = false
  /** Nothing is left of an attempt that has ended. */
  isQuiet = true
  readonly #options: RunnerOptions
  #onQuiet: (() => void) | undefined
  readonly #channel: Channel
  readonly #credit = new LogCredit()
  #ready!: { resolve(): void; reject(error: Error): void }
  #ended!: () => void
  #attempt: RunningAttempt | undefined
  /** How long handlers took here of late; none yet may be long. */
  #usualMs = SHORT_MS
  #causeOfDeath: string | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.ready = new Promise((resolve, reject) => {
      this.#ready = { resolve, reject }
    })
    this.ready.catch(() => {})
    this.ended = new Promise((resolve) => {
      this.#ended = resolve
    })
    this.#channel = options.isolation === 'thread' ? this.#thread(options) : this.#child(options)
  }

  /** Resolves with how the handler ended; a runner that dies is a failure too. */
  run(request: RunRequest, onLines: OnLines): Promise<RunnerResult> {
    return new Promise((resolve) => {
      this.#attempt = { onLines, resolve, since: performance.now() }
      if (this.isAlive) this.#channel.post(request)
      else this.#died('The runner had ended before the attempt began')
    })
  }

  abort(reason: AbortReason, message: string): void {
    if (this.isAlive) this.#channel.post({ kind: 'abort', reason, message })
  }

  /** Calls back once, when nothing is left of the attempt that has ended. */
  whenQuiet(callback: () => void): void {
    this.#onQuiet = () => {
      this.#onQuiet = undefined
      callback()
    }
    if (this.isQuiet) this.#onQuiet()
  }

  /** Ends it in the middle of whatever it does; `why` is what its attempt fails with. */
  async terminate(why: string): Promise<void> {
    this.#causeOfDeath ??= why
    if (this.isAlive) await this.#channel.end()
    await this.ended
  }

  /** Whether its handler is what an attempt in the line would wait for. */
  isOccupied(now: number): boolean {
    if (!this.#attempt) return false
    // One whose handlers end at once only seems to run: it waits for a core, or we for its message.
    return now - this.#attempt.since > (this.#usualMs < SHORT_MS ? SURELY_LONG_MS : SHORT_MS)
  }

  #onMessage(message: FromRunner): void {
    if (message.kind === 'ready') {
      this.isReady = true
      this.#ready.resolve()
    } else if (message.kind === 'lines') {
      const written = this.#attempt?.onLines(message.lines) ?? Promise.resolve()
      void written.finally(() => this.#credit.giveBack(message.cost))
    } else if (message.kind === 'left_behind') {
      this.#options.onLeftBehind?.(message.message)
    } else if (message.kind === 'quiet') {
      this.isQuiet = true
      this.#onQuiet?.()
    } else {
      const attempt = this.#attempt
      this.#attempt = undefined
      this.isQuiet = message.isQuiet
      this.#usualMs += (message.handlerMs - this.#usualMs) / 4
      attempt?.resolve(message.result)
    }
  }

  #died(why: string): void {
    const message = this.#causeOfDeath ?? why
    this.isAlive = false
    this.#ready.reject(new Error(message))
    const attempt = this.#attempt
    this.#attempt = undefined
    attempt?.resolve(failed(message))
    this.#ended()
  }

  #thread(options: RunnerOptions): Channel {
    const worker = new Worker(BOOTSTRAP, {
      execArgv: [],
      env: options.env,
      workerData: {
        settings: options.settings,
        credit: this.#credit.buffer,
      } satisfies ThreadData,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryLimitMb },
      stdout: true,
      stderr: true,
    })
    // What is written before the runner catches writes, and by native code, is not a task's.
    worker.stdout.resume()
    worker.stderr.resume()
    worker.unref()
    worker.on('message', (message: FromRunner) => this.#onMessage(message))
    // Whatever was thrown: null, a symbol's name, an object of any shape.
    worker.on('error', (error: Partial<NodeJS.ErrnoException> | null | undefined) => {
      this.#causeOfDeath ??=
        error?.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `The task ran out of memory: its runner thread may use ${options.memoryLimitMb} MB`
          : `An error that no code of the task caught ended its runner thread: ${typeof error?.stack === 'string' ? error.stack : inspect(error)}`
    })
    worker.on('exit', (code) =>
      this.#died(`The task ended its runner thread with exit code ${code}`),
    )
    return { post: (message) => worker.postMessage(message), end: () => worker.terminate() }
  }

  #child(options: RunnerOptions): Channel {
    const child: ChildProcess = fork(fileURLToPath(BOOTSTRAP), [JSON.stringify(options.settings)], {
      execArgv: [`--max-old-space-size=${options.memoryLimitMb}`],
      env: options.env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // In a group of its own: a script that signals its group reaches the task and no other.
      detached: true,
    })
    child.on('message', (message) => this.#onMessage(message as FromRunner))
    child.on('error', (error) => {
      this.#causeOfDeath ??= `The task's process could not be started: ${error.message}`
      if (child.pid === undefined) this.#died(this.#causeOfDeath)
    })
    child.on('exit', (code, signal) => {
      // However it ended: what it has started is in its group.
      killGroup(child)
      this.#died(
        signal
          ? `The task's process was ended by ${signal}; it may have run out of memory (${options.memoryLimitMb} MB of heap)`
          : `The task ended its process with exit code ${code}`,
      )
    })
    return {
      // A channel that closes has its exit event: that is where the attempt learns of it.
      post: (message) => child.send(message, () => {}),
      end: async () => killGroup(child),
    }
  }
}
