import { queryOptions } from '@tanstack/react-query'
import { get } from '../../api/client.ts'

export interface Engine {
  role: 'postgres' | 'warehouse' | 'queue' | 'event_log' | 'clickhouse'
  /** `embedded`, or the variable that names the server. */
  source: string
  version: string | null
  address: string
  ok: boolean
  problem: string | null
  note?: string
}

export interface Process {
  kind: string
  hostname: string
  pid: number
  state: string
  last_heartbeat: string
}

export interface Engines {
  version: string
  engines: Engine[]
  processes: Process[]
}

export const enginesQuery = queryOptions({
  queryKey: ['engines'],
  queryFn: ({ signal }) => get<Engines>('/ui/engines', signal),
  // An engine that stops answering tells nobody.
  refetchInterval: 10_000,
  meta: { changesWith: ['processes'] },
})
