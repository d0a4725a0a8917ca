// Processes for people: who is alive, who was lost. Airflow calls them jobs.

import type { Pool } from '../../../connections/postgres.ts'
import { LEASE_SECONDS, type ProcessKind } from '../processes.ts'
import { fetchPage, type Listed, type Page, type Range, sql, whereIn, whereRange } from './page.ts'

export interface JobRow {
  /** Airflow's clients want a number; ours is a uuid, so this is its hash. */
  jobId: number
  id: string
  kind: ProcessKind
  hostname: string
  pid: number
  version: string
  state: 'running' | 'draining' | 'stopped' | 'lost'
  isAlive: boolean
  startedAt: Date
  endedAt: Date | null
  lastHeartbeat: Date
}

const ID = `(hashtext(p.id::text) & 2147483647)`
const ALIVE = `(p.state in ('running', 'draining') and p.lease_until > clock_timestamp())`
const LEASE = `make_interval(secs => coalesce((p.detail ->> 'leaseSeconds')::float8, ${LEASE_SECONDS}))`
const HEARTBEAT = `(least(p.lease_until - ${LEASE}, coalesce(p.ended_at, 'infinity')))`

export async function listJobs(
  pool: Pool,
  filter: {
    isAlive?: boolean | undefined
    kinds?: ProcessKind[] | undefined
    states?: string[] | undefined
    hostname?: string | undefined
    startDate?: Range<Date> | undefined
    endDate?: Range<Date> | undefined
  },
  page: Page,
): Promise<Listed<JobRow>> {
  const query = sql('terrace.process as p').select(
    sql.raw(`${ID} as "jobId"`),
    'p.id',
    'p.kind',
    'p.hostname',
    'p.pid',
    'p.version',
    'p.state',
    sql.raw(`${ALIVE} as "isAlive"`),
    'p.started_at as startedAt',
    'p.ended_at as endedAt',
    sql.raw(`${HEARTBEAT} as "lastHeartbeat"`),
  )
  if (filter.isAlive !== undefined) query.whereRaw(`${ALIVE} = ?`, [filter.isAlive])
  whereIn(query, 'p.kind', filter.kinds)
  whereIn(query, 'p.state', filter.states)
  if (filter.hostname !== undefined) query.where('p.hostname', filter.hostname)
  whereRange(query, 'p.started_at', filter.startDate)
  whereRange(query, 'p.ended_at', filter.endDate)
  const order = {
    id: ID,
    state: 'p.state',
    job_type: 'p.kind',
    start_date: 'p.started_at',
    end_date: 'p.ended_at',
    latest_heartbeat: HEARTBEAT,
    hostname: 'p.hostname',
  }
  return fetchPage(pool, query, page, order, 'p.started_at desc, p.id')
}

export interface KindHealth {
  kind: ProcessKind
  isAlive: boolean
  lastHeartbeat: Date
}

/** For each kind that ever ran: whether one of it is alive, and the latest sign of life. */
export async function readHealth(pool: Pool): Promise<KindHealth[]> {
  const { rows } = await pool.query<KindHealth>(
    `select p.kind, bool_or(${ALIVE}) as "isAlive", max(${HEARTBEAT}) as "lastHeartbeat"
     from terrace.process p group by p.kind`,
  )
  return rows
}
