// Sessions of browsers. A session ends a week after its last request, and thirty days after the login
// at the latest. The database's clock decides.

import { inTransaction, type Pool, type PoolClient } from '../../connections/postgres.ts'
import { audit } from '../store/dags.ts'
import { hashOfToken, newToken } from './tokens.ts'
import type { User } from './users.ts'

const IDLE = `interval '7 days'`
const LONGEST = `interval '30 days'`
/** Requests within this time are not worth a write each. */
const SEEN_EVERY = `interval '1 minute'`
const MAX_USER_AGENT = 300

export interface Session {
  user: User
  expiresAt: Date
}

/** Callers hold the user. @param by what the user logged in with, for the audit log */
export async function startSession(
  client: PoolClient,
  user: User,
  { userAgent, by }: { userAgent: string; by: 'password' | 'link' },
): Promise<string> {
  const { token, hash } = newToken()
  await client.query(
    `insert into terrace.web_session (token_hash, user_name, user_agent, expires_at)
     values ($1, $2, $3, now() + ${IDLE})`,
    [hash, user.name, userAgent.slice(0, MAX_USER_AGENT)],
  )
  await audit(client, user.name, 'user.login', { detail: { by } })
  return token
}

/** The session of a token, unless it is over; a request with it moves its end. */
export async function findSession(pool: Pool, token: string): Promise<Session | null> {
  const { rows } = await pool.query<{ name: string; role: User['role']; expiresAt: Date }>({
    name: 'find_session',
    text: `with seen as (
             update terrace.web_session
             set seen_at = now(), expires_at = least(now() + ${IDLE}, created_at + ${LONGEST})
             where token_hash = $1 and expires_at > now() and seen_at < now() - ${SEEN_EVERY}
             returning expires_at
           )
           select u.name, u.role,
             coalesce((select expires_at from seen), s.expires_at) as "expiresAt"
           from terrace.web_session s join terrace.user_account u on u.name = s.user_name
           where s.token_hash = $1 and s.expires_at > now()`,
    values: [hashOfToken(token)],
  })
  const [found] = rows
  return found ? { user: { name: found.name, role: found.role }, expiresAt: found.expiresAt } : null
}

export async function endSession(pool: Pool, token: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ user_name: string }>(
      'delete from terrace.web_session where token_hash = $1 returning user_name',
      [hashOfToken(token)],
    )
    if (rows[0]) await audit(client, rows[0].user_name, 'user.logout', {})
  })
}
