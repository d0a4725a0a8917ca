// A command's connection to the metadata: a named server, else the running engines, else embedded
// ones that it starts for as long as it runs.

import { withEngines } from '../../connections/engines/index.ts'
import {
  type Environment,
  loadEnvironment,
  withoutPassword,
} from '../../connections/environment.ts'
import { loginUrl } from '../../connections/logins/login-url.ts'
import { openPostgres, type Pool } from '../../connections/postgres.ts'
import { CommandError } from './errors.ts'

export async function withMetadata<T>(
  work: (pool: Pool, env: Environment) => Promise<T>,
): Promise<T> {
  const env = loadEnvironment()
  return withDatabaseUrl(env, (ownerUrl) => withPool(ownerUrl, (pool) => work(pool, env)))
}

/** Needs no ClickHouse: when DATABASE_URL names a server, no engine is started for the command. */
function withDatabaseUrl<T>(
  env: Environment,
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  if (env.DATABASE_URL) return work(env.DATABASE_URL)
  return withEngines(env, (addresses) => work(addresses.databaseUrl))
}

async function withPool<T>(ownerUrl: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const url = await loginUrl(ownerUrl, 'metadata')
  const pool = openPostgres(url, { max: 3, connectionTimeoutMillis: 10_000 })
  try {
    await requireServer(url, 'DATABASE_URL', ownerUrl)
    return await work(pool)
  } catch (error) {
    throw isMissingSchema(error)
      ? new CommandError(
          'The database holds no Terrace tables of this version. Run `terrace db migrate`, or `terrace standalone`, which migrates by itself.',
          { cause: error },
        )
      : error
  } finally {
    await pool.end()
  }
}

/**
 * @param named the address as the variable has it, where `url` logs in with another account
 * @throws CommandError that names the server, the variable and the cause
 */
export async function requireServer(url: string, variable: string, named = url): Promise<void> {
  const pool = openPostgres(url, { max: 1, connectionTimeoutMillis: 10_000 })
  try {
    await pool.query('select 1')
  } catch (error) {
    throw new CommandError(
      `Cannot use Postgres at ${withoutPassword(named)} (variable ${variable}): ${causeOf(error)}. ` +
        `Start that server, or correct ${variable}; unset it to use the embedded one.`,
      { cause: error },
    )
  } finally {
    await pool.end()
  }
}

// A refused connection to a name with two addresses is an AggregateError without a message.
function causeOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(causeOf).join(', ')
  return withoutPassword(error instanceof Error ? error.message : String(error))
}

const MISSING_SCHEMA = new Set(['42P01', '3F000', '42883', '42703'])

function isMissingSchema(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return MISSING_SCHEMA.has(code)
}
