// Postgres through node-postgres. int8 and numeric arrive as strings, dates as text: none of them
// may pass through a JS number or a local Date.

import { Pool, type PoolClient, type PoolConfig, types } from 'pg'

const DATE_OID = 1082
types.setTypeParser(DATE_OID, (text) => text)

export type { Pool, PoolClient } from 'pg'

/** What both a pool and a client in a transaction can do. */
export interface Queryable {
  query: Pool['query']
}

export function openPostgres(url: string, options: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: url, max: 10, application_name: 'terrace', ...options })
  // An idle connection that the server closes is replaced on the next use; without a listener it
  // would end the process.
  pool.on('error', () => {})
  return pool
}

const ROLLBACK_MS = 5_000

/**
 * Runs `work` in a transaction on one connection: commits when it resolves, rolls back when it throws.
 * A connection on which the rollback fails or gets no answer is closed, which rolls back as well.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    broken = await rollback(client)
    throw error
  } finally {
    client.release(broken)
  }
}

/** Resolves with what makes the connection unusable. */
async function rollback(client: PoolClient): Promise<Error | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Error>((resolve) => {
    timer = setTimeout(
      () => resolve(new Error(`The rollback took longer than ${ROLLBACK_MS / 1000} s`)),
      ROLLBACK_MS,
    )
  })
  const rolledBack = client.query('rollback').then(
    () => undefined,
    (error: Error) => error,
  )
  const broken = await Promise.race([rolledBack, late])
  clearTimeout(timer)
  return broken
}
