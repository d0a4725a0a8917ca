// A connection on which a worker holds a lock that names it. The server lets go of the lock when the
// worker's process is gone, so that its death need not be told from a silence: a worker on a busy machine
// is silent too, and keeps its lock. The lease is renewed here as well, past the statements of the tasks.

import { Client } from 'pg'
import type { Queryable } from '../../connections/postgres.ts'
import { prepareSession } from '../../connections/postgres-session.ts'
import { holdLock } from '../store/processes.ts'

const RECONNECT_MS = 250
const ANSWER_WITHIN_MS = 10_000

// A machine that is gone closes no connection: the server asks, and gives up after seven seconds.
const KEEPALIVES = `set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 2;
  set tcp_keepalives_count = 2; set tcp_user_timeout = 7000`

export interface Presence {
  /** Holds the lock of this process from here on. */
  hold(processId: string): Promise<void>
  /** Null while it is broken. */
  connection(): Queryable | null
  close(): Promise<void>
}

export async function openPresence(databaseUrl: string): Promise<Presence> {
  let client: Client | null = null
  let processId: string | null = null
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const connect = async () => {
    timer = undefined
    const fresh = new Client({
      connectionString: databaseUrl,
      application_name: 'terrace-presence',
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
      keepAlive: true,
    })
    const lose = () => {
      if (client === fresh) client = null
      void fresh.end().catch(() => {})
      if (!closed) timer ??= setTimeout(() => void connect(), RECONNECT_MS)
    }
    fresh.on('error', lose)
    fresh.once('end', lose)
    try {
      await fresh.connect()
      await prepareSession(fresh)
      await fresh.query(KEEPALIVES)
      if (processId) await holdLock(fresh, processId)
      if (closed) return lose()
      client = fresh
    } catch {
      lose()
    }
  }
  await connect()
  return {
    async hold(id) {
      processId = id
      // Without the lock a lease is all that it has, as before.
      if (client) await holdLock(client, id).catch(() => {})
    },
    connection: () => client,
    async close() {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
