// A command's connection to the Postgres of raw and dds: a named server, else the running engines,
// else embedded ones that it starts for as long as it runs.

import { withEngines } from '../../connections/engines/index.ts'
import { type Environment, loadEnvironment } from '../../connections/environment.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { requireServer } from './metadata.ts'

/** `variable` is the one that an error about the server names. */
export function withWarehouseUrl<T>(
  env: Environment,
  work: (url: string, variable: string) => Promise<T>,
): Promise<T> {
  const variable = env.WAREHOUSE_URL ? 'WAREHOUSE_URL' : 'DATABASE_URL'
  // A named server needs no engine of ours to be started.
  const named = env.WAREHOUSE_URL ?? env.DATABASE_URL
  if (named) return work(named, variable)
  return withEngines(env, ({ warehouseUrl }) => work(warehouseUrl, variable))
}

/** @throws CommandError when the server does not answer */
export function withWarehouse<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  return withWarehouseUrl(loadEnvironment(), async (ownerUrl, variable) => {
    const url = await loginUrl(ownerUrl, 'dds')
    await requireServer(url, variable, ownerUrl)
    const pool = openPostgres(url, { max: 2, connectionTimeoutMillis: 10_000 })
    try {
      return await work(pool)
    } finally {
      await pool.end()
    }
  })
}
