// So many attempts for a key within a window, which begins with the first of them. A key that is not
// counted yet is in no memory: only `add` writes.

/** A flood of keys pushes others out instead of filling the memory. */
const MAX_KEYS = 10_000

interface Attempts {
  n: number
  endsAt: number
}

export interface AttemptLimit {
  max: number
  windowMs: number
  now: () => number
}

export class AttemptCounter {
  readonly #limit: AttemptLimit
  /** In the order in which their windows end. */
  readonly #attempts = new Map<string, Attempts>()

  constructor(limit: AttemptLimit) {
    this.#limit = limit
  }

  /** 0 when the key is not blocked. */
  blockedUntil(key: string): number {
    const known = this.#current(key)
    return known && this.#isBlocked(known) ? known.endsAt : 0
  }

  add(key: string): void {
    const known = this.#current(key)
    if (known) {
      known.n += 1
      return
    }
    this.#attempts.delete(key)
    if (this.#attempts.size >= MAX_KEYS) this.#makeRoom()
    this.#attempts.set(key, { n: 1, endsAt: this.#limit.now() + this.#limit.windowMs })
  }

  giveBack(key: string): void {
    const known = this.#current(key)
    if (known) known.n -= 1
  }

  forget(key: string): void {
    this.#attempts.delete(key)
  }

  #current(key: string): Attempts | undefined {
    const known = this.#attempts.get(key)
    return known && !this.#isOver(known) ? known : undefined
  }

  /**
   * A blocked key is never pushed out, since that would free it. Each has cost whoever made it so
   * many attempts that were let through, so few are.
   */
  #makeRoom(): void {
    for (const [key, attempts] of this.#attempts) {
      if (!this.#isOver(attempts)) break
      this.#attempts.delete(key)
    }
    if (this.#attempts.size < MAX_KEYS) return
    for (const [key, attempts] of this.#attempts) {
      if (this.#isBlocked(attempts)) continue
      this.#attempts.delete(key)
      return
    }
  }

  #isOver({ endsAt }: Attempts): boolean {
    return endsAt <= this.#limit.now()
  }

  #isBlocked({ n }: Attempts): boolean {
    return n >= this.#limit.max
  }
}
