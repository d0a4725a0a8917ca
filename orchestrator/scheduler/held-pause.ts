// How long the scheduler waits before it looks again at a run that was held. The lock is mostly given back
// within milliseconds. One that is kept for long would wake the scheduler forty times a second, so the
// pause doubles while the notices follow one another.

const SHORTEST_MS = 25
/** The ticks come as often. */
const LONGEST_MS = 2_000
/** A look that finds the run held says so within this time. */
const FOLLOWS_WITHIN_MS = 1_000

export class HeldPause {
  #pauseMs = 0
  #lookAt = Number.NEGATIVE_INFINITY

  /** Of a notice that comes now. Not to be asked again before the pause is over. */
  next(nowMs: number): number {
    const follows = nowMs - this.#lookAt <= FOLLOWS_WITHIN_MS
    this.#pauseMs = follows ? Math.min(2 * this.#pauseMs, LONGEST_MS) : SHORTEST_MS
    this.#lookAt = nowMs + this.#pauseMs
    return this.#pauseMs
  }

  /** Something else has happened: another run may be held, and for a shorter time. */
  reset(): void {
    this.#lookAt = Number.NEGATIVE_INFINITY
  }
}
