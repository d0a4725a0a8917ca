// Holds back whoever guesses passwords: so many attempts within five minutes from one address, and so
// many for one name, wherever they come from. Who knows the password, or has a link from
// `terrace users login-link`, is in again after at most that long.
//
// In memory, not in Postgres: an anonymous request must not cost the control plane a write. A restart
// forgets the counts and each of several web servers has its own, which a limit of this size survives:
// a generated password has 123 bits.

const WINDOW_MS = 5 * 60_000
const MAX_OF_ADDRESS = 30
const MAX_OF_NAME = 10
/** A flood of addresses or names pushes the oldest out instead of filling the memory. */
const MAX_KEYS = 10_000
const MAX_NAME = 100

interface Attempts {
  n: number
  endsAt: number
}

export class LoginAttempts {
  readonly #now: () => number
  readonly #attempts = new Map<string, Attempts>()

  /** @param now a clock in milliseconds that only goes forward */
  constructor(now: () => number) {
    this.#now = now
  }

  /**
   * Counts an attempt before its password is looked at, so that many at once count too.
   *
   * @returns null when it may go on, else how many seconds to wait
   */
  begin(address: string, name: string): number | null {
    const [ofAddress, ofName] = keys(address, name).map((key) => this.#of(key))
    const blocked = [
      ofAddress!.n >= MAX_OF_ADDRESS ? ofAddress!.endsAt : 0,
      ofName!.n >= MAX_OF_NAME ? ofName!.endsAt : 0,
    ]
    const waitMs = Math.max(...blocked) - this.#now()
    if (waitMs > 0) return Math.ceil(waitMs / 1_000)
    ofAddress!.n += 1
    ofName!.n += 1
    return null
  }

  /** The password was right: the name starts anew, and the address gets this attempt back. */
  succeed(address: string, name: string): void {
    const [addressKey, nameKey] = keys(address, name)
    this.#of(addressKey!).n -= 1
    this.#attempts.delete(nameKey!)
  }

  #of(key: string): Attempts {
    const known = this.#attempts.get(key)
    if (known && known.endsAt > this.#now()) return known
    this.#attempts.delete(key)
    if (this.#attempts.size >= MAX_KEYS) {
      this.#attempts.delete(this.#attempts.keys().next().value!)
    }
    const fresh = { n: 0, endsAt: this.#now() + WINDOW_MS }
    this.#attempts.set(key, fresh)
    return fresh
  }
}

function keys(address: string, name: string): [string, string] {
  return [`address ${address}`, `name ${name.slice(0, MAX_NAME).toLowerCase()}`]
}
