// A way past the login for tests that are about something else.

import type { Pool } from '../../connections/postgres.ts'
import { createApiToken } from '../../orchestrator/accounts/api-tokens.ts'
import { createUser, findUser, type Role } from '../../orchestrator/accounts/users.ts'

export const PASSWORD = 'correct horse battery'

/** The header of a program with an API token; makes the user the first time. */
export async function authorization(
  pool: Pool,
  { name = 'ada', role = 'admin' }: { name?: string; role?: Role } = {},
): Promise<{ authorization: string }> {
  if (!(await findUser(pool, name))) {
    await createUser(pool, { name, role, password: PASSWORD }, 'test')
  }
  const token = await createApiToken(
    pool,
    { user: name, name: crypto.randomUUID(), days: 1 },
    'test',
  )
  return { authorization: `Bearer ${token}` }
}
