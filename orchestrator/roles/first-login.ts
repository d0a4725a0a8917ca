// What `standalone` prints for whoever is at its terminal to log in with (docs/adr/0016-accounts.md).

import { openPostgres } from '../../connections/postgres.ts'
import { createLoginLink, LINK_MINUTES, urlOfLink } from '../accounts/login-links.ts'
import { createFirstUser, findUser } from '../accounts/users.ts'

const ADMIN = 'admin'
const ACTOR = 'standalone'

/**
 * The first time: makes the admin and tells its password. Later: a fresh link for the admin, but only on
 * a terminal; a file or a journal keeps what it is given, and shows it to others.
 *
 * @param isTerminal whether the output is one
 */
export async function loginLines(
  databaseUrl: string,
  { webUrl, isTerminal }: { webUrl: string; isTerminal: boolean },
): Promise<string[]> {
  const pool = openPostgres(databaseUrl, { max: 1 })
  try {
    const first = await createFirstUser(pool, ADMIN, ACTOR)
    const admin = await findUser(pool, ADMIN)
    if (!first && (!isTerminal || admin?.role !== 'admin')) {
      const name = admin ? '' : ' -u NAME'
      return [`  login  npx terrace users login-link${name} prints a link that logs in`]
    }
    const link = urlOfLink(webUrl, await createLoginLink(pool, ADMIN, ACTOR))
    const within = `(logs in once, within ${LINK_MINUTES} minutes)`
    if (!first) return [`  login  ${link} ${within}`]
    return [
      `  login  ${ADMIN}, password ${first.password} (shown this once)`,
      `         ${link} ${within}`,
    ]
  } finally {
    await pool.end()
  }
}
