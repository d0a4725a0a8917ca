import { MartsReadError, readMarts } from '../../connections/read-marts.ts'
import { CommandError, UsageError } from './errors.ts'
import type { SqlRequest, SqlResult } from './sql.ts'

export async function readClickHouse({
  url,
  query,
  timeoutSeconds,
}: SqlRequest): Promise<SqlResult> {
  try {
    const { columns, rows } = await readMarts({ url, query, timeoutSeconds })
    return { columns: columns.map((column) => column.name), rows }
  } catch (error) {
    throw error instanceof MartsReadError ? explained(error) : error
  }
}

function explained(error: MartsReadError): Error {
  const options = { cause: error }
  if (error.reason === 'unreachable') {
    return new CommandError(
      `Cannot use ClickHouse at ${error.message} (variable CLICKHOUSE_URL). Start that server, or unset CLICKHOUSE_URL to use the embedded one.`,
      options,
    )
  }
  if (error.reason === 'no_json') {
    return new UsageError(
      'The query chose a format of its own. Leave `format …` out and use -o table|json|yaml|plain.',
      options,
    )
  }
  const message = `ClickHouse refused the query in layer marts: ${error.message}`
  if (error.isTimeout) {
    return new CommandError(`${message}\nNarrow the query, or raise --timeout.`, options)
  }
  if (error.isAuthentication) {
    const fix = 'Correct the user and password in CLICKHOUSE_URL.'
    return new CommandError(`${message}\n${fix}`, options)
  }
  const tables = 'terrace sql marts --tables'
  return new UsageError(`${message}\n\`terrace sql\` only reads. The tables: ${tables}`, options)
}
