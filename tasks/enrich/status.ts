// How the look-ups stand: calls of the month against the quota, what is pending, what failed last.

import { loadEnvironment } from '../../connections/environment.ts'
import type { Queryable } from '../../connections/postgres.ts'
import { sqlFile } from '../../connections/sql-file.ts'
import type { TaskLog } from '../../orchestrator/sdk/index.ts'
import { type LookupKind, liveApis } from './providers.ts'

export interface ApiStatus {
  kind: LookupKind
  /** Who answers now: the API whose key is set, or offline. */
  provider: string
  calls: number
  /** Calls that the plan allows in a month; null without a live API. */
  quota: number | null
  failed: number
  /** off (no key), ready, used_up, waiting until a time, trying: one call finds out. */
  state: string
  last_answer_at: string | null
  last_problem_at: string | null
  last_problem: string | null
}

export interface PendingStatus {
  kind: LookupKind
  pending: number
  /** Those that were asked in vain and wait. */
  postponed: number
  /** For how long the oldest has been pending. */
  oldest_seconds: number | null
  last_problem: string | null
}

interface LedgerRow {
  api: string
  count_calls: number
  count_failed: number
  paused_until: string | null
  is_paused: boolean
  last_answer_at: string | null
  last_problem_at: string | null
  last_problem: string | null
}

export const LOOKUP_KINDS: readonly LookupKind[] = ['geo', 'weather', 'fx']

export async function readApis(db: Queryable): Promise<ApiStatus[]> {
  const apis = liveApis(loadEnvironment())
  const { rows } = await db.query<LedgerRow>(await sqlFile('dds/status/apis.sql'))
  const ledger = new Map(rows.map((row) => [row.api, row]))
  return LOOKUP_KINDS.map((kind) => {
    const spoken = apis[kind]
    const row = spoken ? ledger.get(spoken.api.name) : undefined
    const quota = spoken?.limits.callsPerMonth ?? null
    return {
      kind,
      provider: spoken?.api.name ?? 'offline',
      calls: row?.count_calls ?? 0,
      quota,
      failed: row?.count_failed ?? 0,
      state: spoken ? stateOf(row, quota) : 'off',
      last_answer_at: row?.last_answer_at ?? null,
      last_problem_at: row?.last_problem_at ?? null,
      last_problem: row?.last_problem ?? null,
    }
  })
}

function stateOf(row: LedgerRow | undefined, quota: number | null): string {
  if (row?.is_paused) return `waiting until ${row.paused_until}`
  if (quota !== null && (row?.count_calls ?? 0) >= quota) return 'used_up'
  return row?.paused_until ? 'trying' : 'ready'
}

export async function readPending(db: Queryable): Promise<PendingStatus[]> {
  const { rows } = await db.query<PendingStatus>(await sqlFile('dds/status/pending.sql'))
  return LOOKUP_KINDS.map(
    (kind) =>
      rows.find((row) => row.kind === kind) ?? {
        kind,
        pending: 0,
        postponed: 0,
        oldest_seconds: null,
        last_problem: null,
      },
  )
}

/** Says in a task's log what the plan has left. */
export async function logCalls(db: Queryable, kind: LookupKind, log: TaskLog): Promise<void> {
  const status = (await readApis(db)).find((api) => api.kind === kind)!
  const { provider, calls, quota, state } = status
  const isLow = quota !== null && calls >= quota
  const say = isLow ? log.warning : log.info
  say(`${provider}: ${calls} of ${quota ?? 'any number of'} calls of this month, ${state}`, {
    calls,
    quota,
    state,
  })
}

/** Kinds that a live API could be asked for now: a question is due, and calls are left. */
export async function kindsToAsk(db: Queryable): Promise<LookupKind[]> {
  const ready = (await readApis(db))
    .filter(({ state }) => state === 'ready' || state === 'trying')
    .map(({ kind }) => kind)
  if (ready.length === 0) return []
  const { rows } = await db.query<{ kind: LookupKind }>(
    `select kind
     from unnest($1::text[]) as ready (kind)
     where exists (
       select from dds.lookup_question as pending
       where pending.kind = ready.kind and pending.next_try_at <= clock_timestamp()
     )`,
    [ready],
  )
  return rows.map(({ kind }) => kind)
}

/** Asks again at once: the breaker is opened to calls, and what was postponed is due. */
export async function retryNow(db: Queryable, kinds: readonly LookupKind[]): Promise<number> {
  const apis = liveApis(loadEnvironment())
  const names = kinds.flatMap((kind) => apis[kind]?.api.name ?? [])
  const { rows } = await db.query<{ count: string }>(
    `with reset as (
       update raw.api_state set failures_in_a_row = 0, paused_until = null where api = any($1)
     ),
     due as (
       update dds.lookup_question
       set next_try_at = clock_timestamp()
       where kind = any($2) and next_try_at > clock_timestamp()
       returning 1
     )
     select count(*) as count from due`,
    [names, kinds],
  )
  return Number(rows[0]!.count)
}
