// Links that log in once, for somebody at the terminal of an installation: no password has to be
// typed, and what stays in a scrollback or a log is of no use a moment later.

import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { audit } from '../store/dags.ts'
import { StoreError } from '../store/store-error.ts'
import { hashOfToken, newToken } from './tokens.ts'
import type { User } from './users.ts'

export const LINK_MINUTES = 30

/** The token of a new link. @throws StoreError user_not_found */
export async function createLoginLink(pool: Pool, user: string, actor: string): Promise<string> {
  const { token, hash } = newToken()
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `insert into terrace.login_link (token_hash, user_name, expires_at)
       select $1, name, now() + make_interval(mins => $3)
       from terrace.user_account where name = $2 for key share`,
      [hash, user, LINK_MINUTES],
    )
    if (rowCount === 0) throw StoreError.userNotFound(user)
    await audit(client, actor, 'user.login_link', { detail: { user } })
  })
  return token
}

/**
 * Uses a link up: null when it has been used, has expired or never was. Of two at once one gets it.
 * The user is held first, as a reset and a deletion do it, and until the transaction ends.
 */
export async function redeemLoginLink(
  db: Pick<Pool, 'query'>,
  token: string,
): Promise<User | null> {
  const { rows } = await db.query<User>(
    `with holder as (
       select u.name, u.role
       from terrace.login_link l join terrace.user_account u on u.name = l.user_name
       where l.token_hash = $1 for share of u
     )
     update terrace.login_link l set used_at = now() from holder h
     where l.token_hash = $1 and l.used_at is null and l.expires_at > now()
       and l.user_name = h.name
     returning h.name, h.role`,
    [hashOfToken(token)],
  )
  return rows[0] ?? null
}

/** Where a link leads. @param webUrl where `terrace web` is reached */
export function urlOfLink(webUrl: string, token: string): string {
  return new URL(`/login/${token}`, webUrl).href
}
