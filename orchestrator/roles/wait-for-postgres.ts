// A role may be started before its database is, as after a power cut: it waits for it. An address or a
// password that is wrong is not waited for.

import { setTimeout as delay } from 'node:timers/promises'
import { databaseTrouble } from '../../connections/database-trouble.ts'
import { withoutPassword } from '../../connections/environment.ts'
import { openPostgres } from '../../connections/postgres.ts'

const LOOK_EVERY_MS = 1_000

/** Resolves when it answers, whatever it says, or the signal is aborted. */
export async function waitForPostgres(
  databaseUrl: string,
  { log, signal }: { log: (line: string) => void; signal: AbortSignal | undefined },
): Promise<void> {
  let isTold = false
  while (!signal?.aborted) {
    const pool = openPostgres(databaseUrl, { max: 1, connectionTimeoutMillis: 5_000 })
    try {
      await pool.query('select 1')
      return
    } catch (error) {
      const trouble = databaseTrouble(error)
      if (trouble !== 'away' && trouble !== 'crowded') return
      if (!isTold) {
        const cause = withoutPassword(
          (error as Error).message || String((error as NodeJS.ErrnoException).code),
        )
        log(
          `Postgres at ${withoutPassword(databaseUrl)} (DATABASE_URL) does not answer (${cause}); waiting for it.`,
        )
      }
      isTold = true
    } finally {
      await pool.end()
    }
    await delay(LOOK_EVERY_MS, undefined, signal ? { signal } : {}).catch(() => {})
  }
}
