// At most `slots` queries run at once, each on one libuv thread; the rest wait in order. The pool
// has more threads than slots, so that files, gzip and the killing of queries never starve.

import { ClickHouseError } from './clickhouse-error.ts'

export class ConcurrencyGate {
  readonly #waiting: Array<{ enter: () => void }> = []
  readonly #slots: number
  readonly #queueLimit: number
  #running = 0

  constructor(slots: number, queueLimit: number) {
    this.#slots = slots
    this.#queueLimit = queueLimit
  }

  get running(): number {
    return this.#running
  }

  /** @throws ClickHouseError 202 when too many wait; the signal's reason when the client goes. */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#running < this.#slots) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= this.#queueLimit) {
      throw new ClickHouseError(
        202,
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries: ${this.#running} run and ${this.#waiting.length} wait`,
      )
    }
    await new Promise<void>((resolve, reject) => {
      const entry = {
        enter: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(entry)
    })
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next) next.enter()
    else this.#running -= 1
  }
}
