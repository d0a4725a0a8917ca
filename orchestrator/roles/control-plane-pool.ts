// Connections for the processes that move task instances. Their statements are look-ups by key inside
// functions that take arrays; Postgres would plan each anew on every call, since it cannot know how
// long an array will be, and the planning cost a third of a finish (measured: 2.5 against 1.7 ms of
// the backend's time on a busy machine). The functions are written so that one plan fits all sizes.

import { EngineError } from '../../connections/engines/engine-error.ts'
import { withoutPassword } from '../../connections/environment.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { tlsAdvice } from '../../connections/postgres-tls.ts'
import { refuseTransactionPooler } from '../../connections/transaction-pooler.ts'
import { checkMetadata } from '../store/migrate.ts'

/** @throws EngineError that names the variable, MigrationError that says what to run */
export async function openControlPlane(
  databaseUrl: string,
  applicationName: string,
): Promise<Pool> {
  const pool = openPostgres(databaseUrl, {
    max: 6,
    application_name: applicationName,
    session: { plan_cache_mode: 'force_generic_plan' },
  })
  try {
    await requirePostgres(pool, databaseUrl)
    await checkMetadata(pool)
    return pool
  } catch (error) {
    await pool.end()
    throw error
  }
}

/** @throws EngineError that names the variable, what was tried and the cause */
export async function requirePostgres(pool: Pool, databaseUrl: string): Promise<void> {
  try {
    await pool.query('select 1')
  } catch (error) {
    throw new EngineError(
      `Postgres at ${withoutPassword(databaseUrl)} (DATABASE_URL) cannot be used: ` +
        `${withoutPassword((error as Error).message)}. ${tlsAdvice(error)}Start it, correct DATABASE_URL, or unset it ` +
        'to use the embedded one.',
      { cause: error },
    )
  }
  await refuseTransactionPooler(databaseUrl, 'DATABASE_URL')
}
