// Who saw a role end need not wait for its lease to run out, and nor need its tasks.

import { openPostgres } from '../../connections/postgres.ts'
import { endAtOnce, expireLeases } from '../store/processes.ts'

/** The database may be away: a lease runs out by itself too. */
const WITHIN_MS = 2_000

export interface ProcessEnd {
  how: string
  /** Somebody did not want to wait for it. */
  isUrged: boolean
}

export async function endLeases(
  databaseUrl: string,
  processIds: string[],
  end: ProcessEnd,
): Promise<void> {
  const pool = openPostgres(databaseUrl, {
    max: 1,
    connectionTimeoutMillis: WITHIN_MS,
    query_timeout: WITHIN_MS,
  })
  try {
    if (end.isUrged) await endAtOnce(pool, processIds)
    else await expireLeases(pool, processIds, end.how)
  } finally {
    await pool.end()
  }
}
