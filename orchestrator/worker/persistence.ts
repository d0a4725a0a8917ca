// Sends a statement again while the database is away. After an error whose outcome is unknown the
// database may hold attempts of ours that we know nothing of; `isInDoubt` asks the watch to look.

import { setTimeout as delay } from 'node:timers/promises'
import { mayPassLater } from './postgres-errors.ts'
import type { WorkerLog } from './worker-log.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}

export class Persistence {
  isInDoubt = false
  readonly #log: WorkerLog
  readonly #stop = new AbortController()

  constructor(log: WorkerLog) {
    this.#log = log
  }

  /** @throws StoppedError after `stop`; an error that no repetition would mend at once. */
  async untilItPasses<T>(what: string, send: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (this.#stop.signal.aborted) throw new StoppedError(`${what} was given up`)
      try {
        return await send()
      } catch (error) {
        this.isInDoubt = true
        if (!mayPassLater(error)) throw error
        const reason = error instanceof Error ? error.message : String(error)
        this.#log('warning', `${what} is repeated in ${pause} ms: ${reason}`)
      }
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {})
    }
  }

  stop(): void {
    this.#stop.abort()
  }
}
