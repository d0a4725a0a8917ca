// The ways in. Each looks at what it was shown and writes what it gives for it in one transaction,
// which holds the user: a password that is set anew, or a user who is deleted, either comes before
// and leaves nothing to log in with, or comes after and ends this login with the others.

import { inTransaction, type Pool } from '../../connections/postgres.ts'
import { insertShortToken } from './api-tokens.ts'
import { redeemLoginLink } from './login-links.ts'
import { startSession } from './sessions.ts'
import { type CheckedPassword, holdPassword } from './users.ts'

/** The token of a session; null when the password has ceased to be the user's since it was checked. */
export async function logInWithPassword(
  pool: Pool,
  checked: CheckedPassword,
  userAgent: string,
): Promise<string | null> {
  return inTransaction(pool, async (client) => {
    if (!(await holdPassword(client, checked))) return null
    return startSession(client, checked.user, { userAgent, by: 'password' })
  })
}

/** The same for a program (POST /auth/token). */
export async function createShortToken(
  pool: Pool,
  checked: CheckedPassword,
): Promise<string | null> {
  return inTransaction(pool, async (client) => {
    if (!(await holdPassword(client, checked))) return null
    return insertShortToken(client, checked.user)
  })
}

/** The token of a session; null when the link is good for none. */
export async function logInWithLink(
  pool: Pool,
  linkToken: string,
  userAgent: string,
): Promise<string | null> {
  return inTransaction(pool, async (client) => {
    const user = await redeemLoginLink(client, linkToken)
    return user && startSession(client, user, { userAgent, by: 'link' })
  })
}
