// Processes and their leases. The database's clock decides; a lapsed lease is never renewed.

import type { Pool, Queryable } from '../../connections/postgres.ts'

export const LEASE_SECONDS = 20

/** Nine renewals may fail before a lease runs out. */
export function leaseRenewalMs(leaseSeconds: number = LEASE_SECONDS): number {
  return leaseSeconds * 100
}

const REGISTER_WITHIN_MS = 10_000

export type ProcessKind = 'worker' | 'scheduler' | 'dag_processor' | 'web'

export interface ProcessRow {
  id: string
  kind: ProcessKind
  hostname: string
  pid: number
  version: string
  state: 'running' | 'draining' | 'stopped' | 'lost'
  detail: Record<string, unknown>
  startedAt: Date
  leaseUntil: Date
}

/** Registers a process under a new id, with its first lease. */
export async function registerProcess(
  pool: Pool,
  process: {
    kind: ProcessKind
    hostname: string
    pid: number
    version: string
    detail?: Record<string, unknown>
    leaseSeconds?: number | undefined
  },
): Promise<string> {
  const { leaseSeconds = LEASE_SECONDS } = process
  const insert = {
    query_timeout: REGISTER_WITHIN_MS,
    text: `insert into terrace.process (id, kind, hostname, pid, version, detail, state, lease_until)
           values (terrace.uuid_v7(), $1, $2, $3, $4, $5, 'running',
                   clock_timestamp() + make_interval(secs => $6))
           returning id`,
    values: [
      process.kind,
      process.hostname,
      process.pid,
      process.version,
      { ...process.detail, leaseSeconds },
      leaseSeconds,
    ],
  }
  const { rows } = await pool.query<{ id: string }>(insert)
  return rows[0]!.id
}

/**
 * False when the lease had lapsed: the caller must abort what it runs and register anew.
 * @param holdsLock false takes back what `holdLock` wrote, so that the lease alone decides
 * @param answerWithinMs how long an answer is waited for, if not for half a lease
 */
export async function renewLease(
  connection: Queryable,
  processId: string,
  leaseSeconds: number = LEASE_SECONDS,
  {
    holdsLock = true,
    answerWithinMs = leaseSeconds * 500,
  }: { holdsLock?: boolean; answerWithinMs?: number } = {},
): Promise<boolean> {
  const update = {
    name: 'renew_lease',
    text: `update terrace.process
           set lease_until = clock_timestamp() + make_interval(secs => $2),
               detail = case when $3 then detail else detail - 'holdsLock' end
           where id = $1 and state in ('running', 'draining') and lease_until > clock_timestamp()`,
    values: [processId, leaseSeconds, holdsLock],
    query_timeout: answerWithinMs,
  }
  const { rowCount } = await connection.query(update)
  return rowCount === 1
}

/**
 * Takes the lock that names a process, on a connection that ends with it: who finds the lock free knows
 * that the process is gone (sql/orchestrator/functions/reconcile.sql). False when another connection
 * holds it, and then the row says that this process holds none.
 */
export async function holdLock(connection: Queryable, processId: string): Promise<boolean> {
  const { rows } = await connection.query<{ held: boolean }>(
    `with lock as (select pg_try_advisory_lock(terrace.process_lock($1)) as held)
     update terrace.process p
     set detail = case when lock.held then p.detail || '{"holdsLock": true}' else p.detail - 'holdsLock' end
     from lock where p.id = $1
     returning lock.held`,
    [processId],
  )
  return rows[0]?.held ?? false
}

/** Ends the leases of processes that somebody saw end; `how` is what their tasks are told. */
export async function expireLeases(
  pool: Pool,
  processIds: readonly string[],
  how: string,
): Promise<void> {
  await pool.query(
    `with ended as (
       update terrace.process p
       set lease_until = clock_timestamp(), detail = p.detail || jsonb_build_object('lost', $2::text)
       where p.id = any($1) and p.state in ('running', 'draining')
       returning p.id
     )
     select pg_notify('terrace_scheduler', 'process_lost') from ended limit 1`,
    [processIds, how],
  )
}

/** The address that the newest live web server listens on. */
export async function liveWebAddress(pool: Pool): Promise<string | null> {
  const { rows } = await pool.query<{ url: string | null }>(
    `select detail ->> 'url' as url from terrace.process
     where kind = 'web' and state = 'running' and lease_until > clock_timestamp()
     order by started_at desc, id limit 1`,
  )
  return rows[0]?.url ?? null
}

/** running → draining: no claim is accepted any more. */
export async function beginDrain(pool: Pool, processId: string): Promise<void> {
  await pool.query(
    `update terrace.process set state = 'draining' where id = $1 and state = 'running'`,
    [processId],
  )
}

/** running, draining → stopped. */
export async function endProcess(pool: Pool, processId: string): Promise<void> {
  await pool.query(
    `update terrace.process set state = 'stopped', ended_at = clock_timestamp(), lease_until = clock_timestamp()
     where id = $1 and state in ('running', 'draining')`,
    [processId],
  )
}

/** The same for processes that a person ended at once: what ran on them is given back, which is no loss. */
export async function endAtOnce(pool: Pool, processIds: readonly string[]): Promise<void> {
  await pool.query(
    `update terrace.process
     set state = 'stopped', ended_at = clock_timestamp(), lease_until = clock_timestamp(),
       detail = detail || '{"endedAtOnce": true}'
     where id = any($1) and state in ('running', 'draining')`,
    [processIds],
  )
}

export async function listProcesses(pool: Pool): Promise<ProcessRow[]> {
  const { rows } = await pool.query<ProcessRow>(
    `select id, kind, hostname, pid, version, state, detail, started_at as "startedAt",
            lease_until as "leaseUntil"
     from terrace.process where state in ('running', 'draining') or ended_at > now() - interval '1 day'
     order by started_at desc, id`,
  )
  return rows
}
