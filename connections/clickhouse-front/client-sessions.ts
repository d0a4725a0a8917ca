// Sessions that clients name (`session_id`): temporary tables and SET live in them from one request to the
// next. What a request's address sets holds for that request alone, so it is taken back at its end.

import { ClickHouseError } from './clickhouse-error.ts'
import type { NativeSession } from './native-engine.ts'

export interface SessionRequest {
  id: string
  timeoutSeconds: number
  /** Refuse to begin a new one. */
  mustExist: boolean
  closesAfterwards: boolean
}

/** Each keeps its temporary tables in memory. */
const mostSessions = 200
const mostStatements = 500

export class ClientSessions {
  readonly #open: () => NativeSession
  readonly #sessions = new Map<string, ClientSession>()

  constructor(open: () => NativeSession) {
    this.#open = open
  }

  /** @throws ClickHouseError when another request uses the session, or it is asked for and not there. */
  enter(account: string, request: SessionRequest): ClientSession {
    const key = `${account} ${request.id}`
    const known = this.#sessions.get(key)
    if (known?.isLocked) {
      throw new ClickHouseError(
        373,
        'SESSION_IS_LOCKED',
        `Session ${request.id} is locked by a concurrent client`,
      )
    }
    if (known === undefined && request.mustExist) {
      throw new ClickHouseError(372, 'SESSION_NOT_FOUND', `Session ${request.id} not found`)
    }
    if (known === undefined && this.#sessions.size >= mostSessions) {
      throw new ClickHouseError(
        202,
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many sessions: ${mostSessions} are open; close them with close_session=1, or let them time out`,
      )
    }
    const session = known ?? new ClientSession(this.#open(), () => this.#sessions.delete(key))
    this.#sessions.set(key, session)
    session.lock()
    return session
  }

  close(): void {
    for (const session of this.#sessions.values()) if (!session.isLocked) session.close()
  }
}

export class ClientSession {
  readonly native: NativeSession
  isLocked = false
  /** Whether a request has set it up: its database is the client's to change from then on. */
  isNew = true
  readonly #statements: string[] = []
  readonly #forget: () => void
  #timer: NodeJS.Timeout | null = null

  constructor(native: NativeSession, forget: () => void) {
    this.native = native
    this.#forget = forget
  }

  lock(): void {
    this.isLocked = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /** Keeps a SET that the client ran. */
  remember(statement: string): void {
    if (this.#statements.length < mostStatements) this.#statements.push(statement)
  }

  /** What the client has SET, as text. */
  get statements(): readonly string[] {
    return this.#statements
  }

  leave(request: SessionRequest, settings: Iterable<string>): void {
    this.isLocked = false
    this.isNew = false
    const names = [...settings]
    try {
      if (names.length > 0) {
        this.native.runNow(`set ${names.map((name) => `${name} = default`).join(', ')}`)
        for (const statement of this.#statements) this.native.runNow(statement)
      }
    } catch {
      // It was made read-only by the client: what it says now holds from then on.
    }
    if (request.closesAfterwards) this.close()
    else this.#timer = setTimeout(() => this.close(), request.timeoutSeconds * 1000).unref()
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#forget()
    this.native.close()
  }
}
