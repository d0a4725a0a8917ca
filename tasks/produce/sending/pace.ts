// Sends no more than so many records a second, counted from the first: a pause is not made up for by a
// burst of more than one batch.

import { setTimeout as delay } from 'node:timers/promises'

export interface Pace {
  /** Resolves when `count` more records may be sent. Rejects when the signal aborts. */
  wait(count: number, signal: AbortSignal): Promise<void>
}

interface Clock {
  /** Milliseconds. */
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
}

/** @param rate records a second; null: no limit */
export function createPace(rate: number | null, { now, sleep }: Clock = CLOCK): Pace {
  let freeAt = Number.NEGATIVE_INFINITY
  return {
    async wait(count, signal) {
      signal.throwIfAborted()
      if (rate === null) return
      const ms = freeAt - now()
      if (ms > 0) await sleep(ms, signal)
      freeAt = Math.max(freeAt, now()) + (count / rate) * 1_000
    },
  }
}
