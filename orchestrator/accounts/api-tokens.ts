// Tokens that programs use the API with. They carry the rights of their user and end with it.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { audit } from '../store/dags.ts'
import { StoreError } from '../store/store-error.ts'
import type { Session } from './sessions.ts'
import { hashOfToken, newToken } from './tokens.ts'
import type { User } from './users.ts'

const PREFIX = 'terrace_'
/** As long as Airflow's. */
const SHORT_HOURS = 24
const USED_EVERY = `interval '1 minute'`

export interface ApiTokenRow {
  user: string
  /** Null for a short-lived one that was given for a password. */
  name: string | null
  createdAt: Date
  expiresAt: Date
  lastUsedAt: Date | null
}

/** @throws StoreError user_not_found, token_exists */
export async function createApiToken(
  pool: Pool,
  { user, name, days }: { user: string; name: string; days: number },
  actor: string,
): Promise<string> {
  const { token, hash } = newToken(PREFIX)
  await inTransaction(pool, async (client) => {
    const { rowCount: users } = await client.query(
      'select from terrace.user_account where name = $1 for key share',
      [user],
    )
    if (users === 0) throw StoreError.userNotFound(user)
    // The name of one that has expired is free again.
    await client.query(
      `delete from terrace.api_token where user_name = $1 and name = $2 and expires_at <= now()`,
      [user, name],
    )
    if (!(await insertToken(client, { hash, user, name, hours: days * 24 }))) {
      throw StoreError.tokenExists(user, name)
    }
    await audit(client, actor, 'user.token_create', { detail: { user, token: name, days } })
  })
  return token
}

/** A token for a program that knows the password. Callers hold the user. */
export async function insertShortToken(client: PoolClient, user: User): Promise<string> {
  const { token, hash } = newToken(PREFIX)
  await insertToken(client, { hash, user: user.name, name: null, hours: SHORT_HOURS })
  await audit(client, user.name, 'user.login', { detail: { by: 'password', for: 'api' } })
  return token
}

async function insertToken(
  client: PoolClient,
  token: { hash: Buffer; user: string; name: string | null; hours: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into terrace.api_token (token_hash, user_name, name, expires_at)
     values ($1, $2, $3, now() + make_interval(hours => $4)) on conflict do nothing`,
    [token.hash, token.user, token.name, token.hours],
  )
  return rowCount === 1
}

/** Whose token it is, unless it has expired; null also for one that was revoked or never given. */
export async function findApiToken(pool: Pool, token: string): Promise<Session | null> {
  const { rows } = await pool.query<{ name: string; role: User['role']; expiresAt: Date }>({
    name: 'find_api_token',
    text: `with used as (
             update terrace.api_token set last_used_at = now()
             where token_hash = $1 and expires_at > now()
               and coalesce(last_used_at, '-infinity') < now() - ${USED_EVERY}
           )
           select u.name, u.role, t.expires_at as "expiresAt"
           from terrace.api_token t join terrace.user_account u on u.name = t.user_name
           where t.token_hash = $1 and t.expires_at > now()`,
    values: [hashOfToken(token)],
  })
  const [found] = rows
  return found ? { user: { name: found.name, role: found.role }, expiresAt: found.expiresAt } : null
}

/** Those that are not expired, of one user or of all. */
export async function listApiTokens(pool: Pool, user?: string): Promise<ApiTokenRow[]> {
  const { rows } = await pool.query<ApiTokenRow>(
    `select user_name as "user", name, created_at as "createdAt", expires_at as "expiresAt",
       last_used_at as "lastUsedAt"
     from terrace.api_token
     where expires_at > now() and ($1::text is null or user_name = $1)
     order by lower(user_name), name nulls last, created_at`,
    [user ?? null],
  )
  return rows
}

/** @throws StoreError token_not_found */
export async function revokeApiToken(
  pool: Pool,
  user: string,
  name: string,
  actor: string,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      'delete from terrace.api_token where user_name = $1 and name = $2',
      [user, name],
    )
    if (rowCount === 0) throw StoreError.tokenNotFound(user, name)
    await audit(client, actor, 'user.token_revoke', { detail: { user, token: name } })
  })
}
