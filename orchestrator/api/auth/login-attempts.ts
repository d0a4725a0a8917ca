// Holds back whoever guesses passwords: so many attempts within five minutes from one address, and so
// many for one name, wherever they come from. Who knows the password, or has a link from
// `terrace users login-link`, is in again after at most that long.
//
// In memory, not in Postgres: an anonymous request must not cost the control plane a write. A restart
// forgets the counts and each of several web servers has its own, which a limit of this size survives:
// a generated password has 123 bits.

import { AttemptCounter } from './attempt-counter.ts'

const WINDOW_MS = 5 * 60_000
const MAX_OF_ADDRESS = 30
const MAX_OF_NAME = 10

export class LoginAttempts {
  readonly #now: () => number
  // Apart, so that many names push no address out.
  readonly #ofAddress: AttemptCounter
  readonly #ofName: AttemptCounter

  /** @param now a clock in milliseconds that only goes forward */
  constructor(now: () => number) {
    this.#now = now
    this.#ofAddress = new AttemptCounter({ max: MAX_OF_ADDRESS, windowMs: WINDOW_MS, now })
    this.#ofName = new AttemptCounter({ max: MAX_OF_NAME, windowMs: WINDOW_MS, now })
  }

  /**
   * Counts an attempt before its password is looked at, so that many at once count too. One that is
   * refused leaves no trace.
   *
   * @param name one that a user may have
   * @returns null when it may go on, else how many seconds to wait
   */
  begin(address: string, name: string): number | null {
    const key = name.toLowerCase()
    const until = Math.max(this.#ofAddress.blockedUntil(address), this.#ofName.blockedUntil(key))
    const waitMs = until - this.#now()
    if (waitMs > 0) return Math.ceil(waitMs / 1_000)
    this.#ofAddress.add(address)
    this.#ofName.add(key)
    return null
  }

  /** The password was right: the name starts anew, and the address gets this attempt back. */
  succeed(address: string, name: string): void {
    this.#ofAddress.giveBack(address)
    this.#ofName.forget(name.toLowerCase())
  }
}
