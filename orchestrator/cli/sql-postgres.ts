import { type CustomTypesConfig, DatabaseError } from 'pg'
import { openPostgres } from '../../connections/postgres.ts'
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

const AS_READER = `select set_config('role', 'pg_read_all_data', true)
  from pg_roles where rolname = current_user and rolsuper`

export async function readPostgres(
  { url, layer, query, timeoutSeconds }: SqlRequest,
  variable: string,
): Promise<SqlResult> {
  await requireServer(url, variable)
  const pool = openPostgres(url, {
    max: 1,
    connectionTimeoutMillis: 10_000,
    application_name: 'terrace-sql',
    options: `-c default_transaction_read_only=on -c statement_timeout=${timeoutSeconds}s -c timezone=UTC -c search_path=${layer}`,
  })
  try {
    const client = await pool.connect()
    try {
      await client.query('begin transaction read only')
      // A superuser's functions read files and end sessions, in a read-only transaction as well.
      await client.query(AS_READER)
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
  const tables = `terrace sql ${layer} --tables`
  const fix =
    error.code === '42P01'
      ? `The tables of the layer: ${tables}`
      : (error.hint ?? 'Correct the query.')
  // Class 42 is wrong SQL, 22 a wrong value in it: the call was wrong.
  const wrong = /^(42|22)/.test(error.code ?? '')
  const message = `Postgres refused the query in layer ${layer}: ${error.message}. ${fix}`
  return wrong ? new UsageError(message, options) : new CommandError(message, options)
}
