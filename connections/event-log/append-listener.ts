// One LISTEN connection for all watched topics of a process, opened when the first watcher waits.
// Apart from the pool, where it would hold a place for good. A lost connection only makes watching
// slower: watchers poll anyway, and the next wait connects again.

import { Client } from 'pg'
import type { Pool } from '../postgres.ts'
import { prepareSession } from '../postgres-session.ts'

const CHANNEL = 'event_log'

export interface AppendListener {
  /** Resolves at the next append to the topic, or when the signal aborts. */
  next(topic: string, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export function createAppendListener(pool: Pool): AppendListener {
  const waiting = new Map<string, Set<() => void>>()
  let connection: Promise<Client | undefined> | undefined

  async function connect(): Promise<Client | undefined> {
    const client = new Client(pool.options)
    client.on('notification', ({ payload = '' }) => {
      for (const wake of waiting.get(payload) ?? []) wake()
    })
    client.on('error', () => {})
    client.on('end', () => {
      connection = undefined
    })
    try {
      await client.connect()
      await prepareSession(client)
      await client.query(`listen ${CHANNEL}`)
      return client
    } catch {
      connection = undefined
      await client.end().catch(() => {})
      return undefined
    }
  }

  return {
    async next(topic, signal) {
      if (signal.aborted) return
      connection ??= connect()
      const wakers = waiting.get(topic) ?? new Set()
      waiting.set(topic, wakers)
      await new Promise<void>((resolve) => {
        const wake = () => {
          wakers.delete(wake)
          resolve()
        }
        wakers.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    },
    async close() {
      const client = await connection
      await client?.end()
    },
  }
}
