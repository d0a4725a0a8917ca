// The stream of changes: makes the queries that show them stale, and tells whether the server is there.
//
// A browser opens few connections to one address, so a hidden page closes its stream and asks for
// everything again when it is looked at. A lost stream is opened again with growing pauses.

import type { QueryClient, QueryMeta } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { ApiProblem, get } from './client.ts'
import type { ChangeEvent, Session } from './types.ts'

export type Connection = 'connecting' | 'connected' | 'lost'

const PAUSES_MS = [500, 1_000, 2_000, 5_000]
const BREATH_MS = 250

let connection: Connection = 'connecting'
const listeners = new Set<() => void>()
let start: () => void = () => {}
let stop: () => void = () => {}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection)
}

/** Opens the stream; called once somebody is logged in, and no second time while it is open. */
export function connect(): void {
  start()
}

export function disconnect(): void {
  stop()
}

export function listenForChanges(queries: QueryClient): void {
  const changes = refreshInTurn(queries)
  let stream: EventSource | null = null
  let wanted = false
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    clearTimeout(timer)
    stream?.close()
    stream = new EventSource('/ui/events')
    stream.addEventListener('open', () => {
      // Whatever happened while nobody listened was missed.
      if (connection !== 'connecting' || failures > 0) void queries.invalidateQueries()
      failures = 0
      tell('connected')
    })
    stream.addEventListener('change', ({ data }: MessageEvent<string>) =>
      changes.take(JSON.parse(data) as ChangeEvent),
    )
    stream.addEventListener('error', () => {
      close()
      tell('lost')
      timer = setTimeout(reopen, PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)])
      failures += 1
    })
  }

  /** An EventSource does not say why it was refused; the session does. */
  async function reopen(): Promise<void> {
    const problem = await get<Session>('/ui/session').catch((error: unknown) => error)
    const loggedOut = problem instanceof ApiProblem && problem.code === 'not_logged_in'
    if (wanted && !document.hidden && !loggedOut) open()
  }

  function close(): void {
    clearTimeout(timer)
    stream?.close()
    stream = null
  }

  document.addEventListener('visibilitychange', () => {
    if (!wanted) return
    if (document.hidden) close()
    else if (!stream) open()
  })
  start = () => {
    wanted = true
    if (!stream && !document.hidden) open()
  }
  stop = () => {
    wanted = false
    close()
    tell('connecting')
  }
}

/**
 * Changes that arrive while their queries are being asked again wait for that answer: a busy server is
 * asked as often as it can answer, and the last change is never lost.
 */
function refreshInTurn(queries: QueryClient) {
  let waiting: ChangeEvent[] = []
  let busy = false

  async function refresh(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const changes = waiting
      waiting = []
      await queries.invalidateQueries({
        predicate: ({ meta }) => changes.some((change) => concerns(change, meta)),
      })
      await new Promise((resolve) => setTimeout(resolve, BREATH_MS))
    }
    busy = false
  }

  return {
    take(change: ChangeEvent): void {
      waiting.push(change)
      if (!busy) void refresh()
    },
  }
}

function concerns({ what, dag_ids }: ChangeEvent, meta: QueryMeta | undefined): boolean {
  return (
    meta?.changesWith?.some((topic) => what.includes(topic)) === true &&
    (meta.dagId === undefined || dag_ids.includes(meta.dagId))
  )
}

function tell(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
