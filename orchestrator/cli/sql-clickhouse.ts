import { withoutPassword } from '../../connections/environment.ts'
import { CommandError, UsageError } from './errors.ts'
import type { SqlRequest, SqlResult } from './sql.ts'

interface JsonCompact {
  meta: { name: string }[]
  data: unknown[][]
}

/** Over plain HTTP, so that the settings that make it read-only are part of this one request. */
export async function readClickHouse(request: SqlRequest): Promise<SqlResult> {
  const { timeoutSeconds } = request
  const url = new URL(request.url)
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.search = new URLSearchParams({
    database: 'marts',
    default_format: 'JSONCompact',
    readonly: '2',
    max_execution_time: String(timeoutSeconds),
    // As numbers they would lose digits: JSON.parse reads a double.
    output_format_json_quote_64bit_integers: '1',
    output_format_json_quote_decimals: '1',
    output_format_decimal_trailing_zeros: '1',
  }).toString()
  const response = await post(url, request.query, timeoutSeconds, {
    'X-ClickHouse-User': decodeURIComponent(username) || 'default',
    'X-ClickHouse-Key': decodeURIComponent(password),
  })
  const text = await response.text()
  if (!response.ok) throw explained(text, response.status)
  try {
    const { meta, data } = JSON.parse(text) as JsonCompact
    return { columns: meta.map((column) => column.name), rows: data }
  } catch (error) {
    throw new UsageError(
      'The query chose a format of its own. Leave `format …` out and use -o table|json|yaml|plain.',
      { cause: error },
    )
  }
}

async function post(
  url: URL,
  query: string,
  timeoutSeconds: number,
  headers: Record<string, string>,
): Promise<Response> {
  try {
    const signal = AbortSignal.timeout((timeoutSeconds + 10) * 1000)
    return await fetch(url, { method: 'POST', body: query, headers, signal })
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new CommandError(
      `Cannot use ClickHouse at ${withoutPassword(url.origin)} (variable CLICKHOUSE_URL): ${cause}. Start that server, or unset CLICKHOUSE_URL to use the embedded one.`,
      { cause: error },
    )
  }
}

const TIMEOUT = 159
const AUTHENTICATION = new Set([192, 193, 194, 516])

function explained(text: string, status: number): Error {
  const code = Number(/^Code: (\d+)/.exec(text)?.[1] ?? 0)
  const message = `ClickHouse refused the query in layer marts: ${text.trim().slice(0, 2_000) || `status ${status}`}`
  if (code === TIMEOUT) {
    return new CommandError(`${message}\nNarrow the query, or raise --timeout.`)
  }
  if (AUTHENTICATION.has(code) || status === 401 || status === 403) {
    return new CommandError(`${message}\nCorrect the user and password in CLICKHOUSE_URL.`)
  }
  const tables = 'terrace sql marts --tables'
  return new UsageError(`${message}\n\`terrace sql\` only reads. The tables: ${tables}`)
}
