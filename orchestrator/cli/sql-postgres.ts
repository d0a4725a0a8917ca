import { type CustomTypesConfig, DatabaseError } from 'pg'
import { findLogin } from '../../connections/logins/login-url.ts'
import { openPostgres, type PoolClient } from '../../connections/postgres.ts'
import { CommandError, UsageError } from './errors.ts'
import { requireServer } from './metadata.ts'
import type { SqlRequest, SqlResult } from './sql.ts'

const BOOL = 16
const NUMBERS = new Set([21, 23, 26, 700, 701])
const JSONS = new Set([114, 3802])

// Everything else stays the text that Postgres wrote: int8 and numeric keep their digits, times their
// microseconds.
const types: CustomTypesConfig = {
  getTypeParser(oid: number): (text: string) => unknown {
    if (oid === BOOL) return (text: string) => text === 't'
    if (NUMBERS.has(oid)) return Number
    if (JSONS.has(oid)) return (text: string): unknown => JSON.parse(text)
    return (text: string) => text
  },
}

export async function readPostgres(
  { url: ownerUrl, layer, query, timeoutSeconds }: SqlRequest,
  variable: string,
): Promise<SqlResult> {
  const { url, problem } = await findLogin(ownerUrl, 'reader')
  await requireServer(url, variable, ownerUrl)
  const pool = openPostgres(url, {
    max: 1,
    connectionTimeoutMillis: 10_000,
    application_name: 'terrace-sql',
    session: {
      default_transaction_read_only: 'on',
      statement_timeout: `${timeoutSeconds}s`,
      search_path: layer,
    },
  })
  try {
    const client = await pool.connect()
    try {
      if (url === ownerUrl) await refuseSuperuser(client, variable, problem)
      await client.query('begin transaction read only')
      // The extended protocol takes one statement only.
      const config = { text: query, rowMode: 'array' as const, types, queryMode: 'extended' }
      const { fields, rows } = await client.query<unknown[]>(config)
      return { columns: fields.map((field) => field.name), rows }
    } catch (error) {
      throw error instanceof DatabaseError ? explained(error, layer, timeoutSeconds) : error
    } finally {
      // Closed, not returned: the transaction goes with it.
      client.release(true)
    }
  } finally {
    await pool.end()
  }
}

/** Its functions read files and end sessions, in a read-only transaction as well. */
async function refuseSuperuser(
  client: PoolClient,
  variable: string,
  problem: string | null,
): Promise<void> {
  const { rows } = await client.query<{ is_super: boolean }>(
    `select rolsuper as is_super from pg_roles where rolname = current_user`,
  )
  if (!rows[0]?.is_super) return
  throw new CommandError(
    `\`terrace sql\` does not read as a superuser, which ${variable} names, and has no account of its ` +
      `own here: ${problem ?? 'the database was not migrated. Run `terrace db migrate`'}.`,
  )
}

function explained(error: DatabaseError, layer: string, timeoutSeconds: number): Error {
  const options = { cause: error }
  if (error.code === '57014') {
    return new CommandError(
      `The query ran longer than ${timeoutSeconds} s and was cancelled. Narrow it, or raise --timeout.`,
      options,
    )
  }
  if (error.code === '25006' || error.message.includes('multiple commands')) {
    return new UsageError(
      `\`terrace sql\` only reads, one statement at a time: ${error.message}. Write a select.`,
      options,
    )
  }
  const fixes: Record<string, string> = {
    '42P01': `The tables of the layer: terrace sql ${layer} --tables`,
    '42501': 'The account of `terrace sql` only reads raw, dds and what stands beside them.',
  }
  const fix = fixes[error.code ?? ''] ?? error.hint ?? 'Correct the query.'
  // Class 42 is wrong SQL, 22 a wrong value in it: the call was wrong.
  const wrong = /^(42|22)/.test(error.code ?? '')
  const message = `Postgres refused the query in layer ${layer}: ${error.message}. ${fix}`
  return wrong ? new UsageError(message, options) : new CommandError(message, options)
}
