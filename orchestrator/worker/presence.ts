// A connection on which a worker holds a lock that names it. The server lets go of the lock when the
// worker's process is gone, so that its death need not be told from a silence: a worker on a busy machine
// is silent too, and keeps its lock. The lease is renewed here as well, past the statements of the tasks.

import { Client } from 'pg'
import type { Pool } from '../../connections/postgres.ts'
import { prepareSession } from '../../connections/postgres-session.ts'
import { holdLock, renewLease } from '../store/processes.ts'

const RECONNECT_MS = 250
const CONNECT_WITHIN_MS = 10_000
// Short, because a renewal that gets no answer here is sent again on the pool.
const ANSWER_WITHIN_MS = 2_500

// A machine that is gone closes no connection: the server asks, and gives up after seven seconds.
const KEEPALIVES = `set tcp_keepalives_idle = 3; set tcp_keepalives_interval = 2;
  set tcp_keepalives_count = 2; set tcp_user_timeout = 7000`

export interface Presence {
  /** Names the process whose lock is held from here on. */
  hold(processId: string): Promise<void>
  /**
   * Renews the lease of that process, and takes its lock where it is not held. A connection that is
   * broken or gives no answer is replaced, and the lease is renewed on the pool at once.
   */
  renew(leaseSeconds: number, pool: Pool): Promise<boolean>
  close(): Promise<void>
}

export async function openPresence(databaseUrl: string): Promise<Presence> {
  let current: { client: Client; lose(): void; holdsLock: boolean } | null = null
  let processId = ''
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const connect = async () => {
    timer = undefined
    const client = new Client({
      connectionString: databaseUrl,
      application_name: 'terrace-presence',
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: ANSWER_WITHIN_MS,
    })
    let lost = false
    // Once for each connection: its end may be told long after another one has replaced it.
    const lose = () => {
      if (lost) return
      lost = true
      if (current?.client === client) current = null
      void client.end().catch(() => {})
      if (!closed) timer = setTimeout(() => void connect(), RECONNECT_MS)
    }
    client.on('error', lose)
    client.once('end', lose)
    try {
      await client.connect()
      await prepareSession(client)
      await client.query(KEEPALIVES)
      if (closed) return lose()
      // The next renewal takes the lock, after the row has stopped saying that it is held.
      if (!lost) current = { client, lose, holdsLock: false }
    } catch {
      lose()
    }
  }
  await connect()

  /** The server may still hold the lock for a connection that broke: then the next renewal tries again. */
  async function takeLock(): Promise<void> {
    const connection = current
    if (!connection || connection.holdsLock) return
    try {
      connection.holdsLock = await holdLock(connection.client, processId)
    } catch {
      connection.lose()
    }
  }
  return {
    async hold(id) {
      processId = id
      if (current) current.holdsLock = false
      // Without the lock a lease is all that it has.
      await takeLock()
    },
    async renew(leaseSeconds, pool) {
      const connection = current
      if (connection) {
        try {
          const renewed = await renewLease(connection.client, processId, leaseSeconds, {
            holdsLock: connection.holdsLock,
            answerWithinMs: ANSWER_WITHIN_MS,
          })
          if (renewed) await takeLock()
          return renewed
        } catch {
          if (current === connection) current = null
        }
      }
      try {
        return await renewLease(pool, processId, leaseSeconds, { holdsLock: false })
      } finally {
        // Not before: a free lock counts as a death while the row says that it is held.
        connection?.lose()
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await current?.client.end().catch(() => {})
    },
  }
}
