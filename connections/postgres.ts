// Postgres through node-postgres. int8 and numeric arrive as strings, dates as text: none of them
// may pass through a JS number or a local Date.

import { Pool, type PoolClient, type PoolConfig, types } from 'pg'
import { prepareSession, type SessionSettings } from './postgres-session.ts'

const DATE_OID = 1082
types.setTypeParser(DATE_OID, (text) => text)

export type { Pool, PoolClient } from 'pg'

/** What both a pool and a client in a transaction can do. */
export interface Queryable {
  query: Pool['query']
}

/** What would travel with the log-in belongs into `session`: poolers refuse it there. */
type AtLogIn =
  | 'options'
  | 'statement_timeout'
  | 'lock_timeout'
  | 'idle_in_transaction_session_timeout'

export interface PostgresOptions extends Omit<PoolConfig, AtLogIn> {
  /** Beside, or instead of, what all our sessions are set to. */
  session?: SessionSettings
}

export function openPostgres(
  url: string,
  { session, onConnect, ...options }: PostgresOptions = {},
): Pool {
  const pool = new Pool({
    connectionString: url,
    max: 10,
    application_name: 'terrace',
    ...options,
    async onConnect(client) {
      await prepareSession(client, session)
      await onConnect?.(client)
    },
  })
  // An idle connection that the server closes is replaced on the next use; without a listener it
  // would end the process.
  pool.on('error', () => {})
  // The same of one that is checked out and waits: the next query on it says that it is gone.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

const ROLLBACK_MS = 5_000

/** An open transaction on a connection of its own; ends with one of `commit` and `rollback`. */
export interface Transaction {
  readonly client: PoolClient
  commit(): Promise<void>
  /** Never throws: a connection on which it fails or gets no answer is closed, which rolls back too. */
  rollback(): Promise<void>
}

export async function beginTransaction(pool: Pool): Promise<Transaction> {
  const client = await pool.connect()
  const transaction: Transaction = {
    client,
    async commit() {
      await client.query('commit')
      client.release()
    },
    async rollback() {
      client.release(await rollback(client))
    },
  }
  try {
    // Whatever the server's default: a statement sees what committed before it, as our loads need.
    await client.query('begin isolation level read committed')
    return transaction
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

/** Runs `work` in a transaction: commits when it resolves, rolls back when it throws. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return endTransaction(await beginTransaction(pool), work)
}

/** The same with one that is open. */
export async function endTransaction<T>(
  transaction: Transaction,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  try {
    const result = await work(transaction.client)
    await transaction.commit()
    return result
  } catch (error) {
    await transaction.rollback()
    throw error
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
