// Whether an outer API may be called now, kept in Postgres because all workers share one quota, one
// pace and one breaker.
//
// A call is claimed before it is made, in a transaction of its own that locks the API's row: the quota
// of the month is raised only below its limit, so it is never exceeded, whoever dies when. Rejected:
// counting replies, which forgets the calls whose caller died; a breaker in memory, which each worker
// and each restart would have to learn anew, for several calls out of a hundred a month.

import { inTransaction, type Pool, type Queryable } from '../postgres.ts'

export interface CallLimits {
  /** null: no limit. */
  callsPerMonth: number | null
  callsPerMinute: number | null
}

export type Claim =
  | GrantedClaim
  /** Why not, and the call does not count. */
  | { isGranted: false; reason: string }

export interface GrantedClaim {
  isGranted: true
  waitMs: number
  /** The pause that this call tries to end, as Postgres wrote it. One that is set later is another's. */
  pausedUntil: string | null
}

/** Failures in a row until the API is left alone, first for a minute, then twice as long each time. */
const FAILURES_TO_PAUSE = 3
const MAX_PAUSE_SECONDS = 1800
/** The one call that tries whether it is well again has so long before another one may. */
const TRIAL_SECONDS = 60

interface State {
  failures_in_a_row: number
  paused_until: string | null
  is_paused: boolean
  wait_seconds: number
}

/** @param maxWaitMs a pace that asks for a longer wait than this refuses the call */
export async function claimCall(
  pool: Pool,
  api: string,
  limits: CallLimits,
  maxWaitMs: number,
): Promise<Claim> {
  return inTransaction(pool, async (client) => {
    const state = await lockState(client, api)
    if (state.is_paused) {
      return { isGranted: false, reason: `it is left alone until ${state.paused_until}` }
    }
    const waitMs = Math.max(0, Math.ceil(state.wait_seconds * 1000))
    if (waitMs > maxWaitMs) {
      return { isGranted: false, reason: `its ${limits.callsPerMinute} calls a minute are used up` }
    }
    if (!(await countCall(client, api, limits.callsPerMonth))) {
      return {
        isGranted: false,
        reason: `its ${limits.callsPerMonth} calls of this month are used up`,
      }
    }
    const { rows } = await client.query<Pick<GrantedClaim, 'pausedUntil'>>(
      `update raw.api_state
       set
         next_call_at = case
           when $2::float8 is not null
             then greatest(clock_timestamp(), next_call_at) + interval '60 seconds' / $2::float8
         end,
         paused_until = case
           when paused_until is not null then clock_timestamp() + interval '1 second' * $3::int
         end
       where api = $1
       returning paused_until::text as "pausedUntil"`,
      [api, limits.callsPerMinute, TRIAL_SECONDS],
    )
    return { isGranted: true, waitMs, pausedUntil: rows[0]!.pausedUntil }
  })
}

/** Ends the pause that the claim met, and none that was set while the call was under way. */
export async function noteAnswer(
  db: Queryable,
  api: string,
  { pausedUntil }: GrantedClaim,
): Promise<void> {
  await db.query(
    `update raw.api_state
     set
       failures_in_a_row = case
         when paused_until is distinct from $2::timestamptz then failures_in_a_row
         else 0
       end,
       paused_until = case
         when paused_until is distinct from $2::timestamptz then paused_until
       end,
       last_answer_at = clock_timestamp()
     where api = $1`,
    [api, pausedUntil],
  )
}

export interface Failure {
  problem: string
  /** false: the API is well, and refused what was asked. */
  isOfApi: boolean
  /** The API is left alone for so long at once. */
  pauseSeconds: number | null
}

/** As noteAnswer: of a pause that was set meanwhile and one that this failure asks for, the longer one. */
export async function noteFailure(
  db: Queryable,
  api: string,
  { pausedUntil }: GrantedClaim,
  { problem, isOfApi, pauseSeconds }: Failure,
): Promise<void> {
  await db.query(
    `with counted as (
       update raw.api_month
       set count_failed = count_failed + 1
       where api = $1 and month = date_trunc('month', now() at time zone 'UTC')::date
     )
     update raw.api_state
     set
       failures_in_a_row = case
         when $3 then failures_in_a_row + 1
         when paused_until is distinct from $7::timestamptz then failures_in_a_row
         else 0
       end,
       paused_until = greatest(
         case when paused_until is distinct from $7::timestamptz then paused_until end,
         case
           when $4::int is not null then clock_timestamp() + interval '1 second' * $4::int
           when $3 and failures_in_a_row + 1 >= $5::int
             then clock_timestamp() + interval '1 second'
               * least($6::int, 60 * 2 ^ least(failures_in_a_row + 1 - $5::int, 10))
         end
       ),
       last_problem_at = clock_timestamp(),
       last_problem = $2
     where api = $1`,
    [api, problem, isOfApi, pauseSeconds, FAILURES_TO_PAUSE, MAX_PAUSE_SECONDS, pausedUntil],
  )
}

async function lockState(client: Queryable, api: string): Promise<State> {
  await client.query('insert into raw.api_state (api) values ($1) on conflict do nothing', [api])
  const { rows } = await client.query<State>(
    `select
       failures_in_a_row,
       to_char(paused_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as paused_until,
       coalesce(paused_until > clock_timestamp(), false) as is_paused,
       coalesce(extract(epoch from next_call_at - clock_timestamp()), 0)::float8 as wait_seconds
     from raw.api_state
     where api = $1
     for update`,
    [api],
  )
  return rows[0]!
}

/** false: the month has no call left. */
async function countCall(client: Queryable, api: string, quota: number | null): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into raw.api_month as used (api, month, count_calls)
     select $1, date_trunc('month', now() at time zone 'UTC')::date, 1
     where $2::int is null or $2::int > 0
     on conflict (api, month) do update
     set count_calls = used.count_calls + 1
     where $2::int is null or used.count_calls < $2::int`,
    [api, quota],
  )
  return rowCount === 1
}
