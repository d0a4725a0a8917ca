// Who saw a role end need not wait for its lease to run out, and nor need its tasks.

import { openPostgres } from '../../connections/postgres.ts'
import { expireLeases } from '../store/processes.ts'

/** The database may be away: a lease runs out by itself too. */
const WITHIN_MS = 2_000

export async function endLeases(
  databaseUrl: string,
  processIds: string[],
  how: string,
): Promise<void> {
  const pool = openPostgres(databaseUrl, {
    max: 1,
    connectionTimeoutMillis: WITHIN_MS,
    query_timeout: WITHIN_MS,
  })
  try {
    await expireLeases(pool, processIds, how)
  } finally {
    await pool.end()
  }
}
