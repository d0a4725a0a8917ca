// One statement that reads the marts, over plain HTTP: so that the settings that make it read-only are
// part of this one request, and no digit is lost on the way.

export interface MartsAnswer {
  columns: { name: string; type: string }[]
  /** 64-bit integers and decimals as text: JSON.parse reads a double. */
  rows: unknown[][]
}

export interface MartsRead {
  /** With user and password. */
  url: string
  query: string
  timeoutSeconds: number
  /** More settings of ClickHouse for this statement. */
  settings?: Record<string, string>
}

/** The marts were not read. No message holds the password. */
export class MartsReadError extends Error {
  override name = 'MartsReadError'
  /** `refused`: ClickHouse said no; `no_json`: the statement chose a format of its own. */
  readonly reason: 'unreachable' | 'refused' | 'no_json'
  /** ClickHouse's code of the error; 0 when there is none. */
  readonly code: number

  constructor(reason: MartsReadError['reason'], message: string, code = 0, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.code = code
  }

  get isTimeout(): boolean {
    return this.code === 159
  }

  get isAuthentication(): boolean {
    return [192, 193, 194, 516].includes(this.code)
  }
}

interface JsonCompact {
  meta: { name: string; type: string }[]
  data: unknown[][]
}

const LONGEST_MESSAGE = 2_000

/** @throws MartsReadError */
export async function readMarts(read: MartsRead): Promise<MartsAnswer> {
  const { url, headers, password } = requestOf(read)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method: 'POST',
      body: read.query,
      headers,
      signal: AbortSignal.timeout((read.timeoutSeconds + 10) * 1000),
    })
    text = await response.text()
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const message = why instanceof Error ? why.message : String(why)
    throw new MartsReadError('unreachable', `${url.origin}: ${message}`, 0, { cause: error })
  }
  if (!response.ok) {
    const said = (password === '' ? text : text.replaceAll(password, '***')).trim()
    const code = Number(
      /^Code: (\d+)/.exec(said)?.[1] ?? ([401, 403].includes(response.status) ? 516 : 0),
    )
    const message = said.slice(0, LONGEST_MESSAGE) || `status ${response.status}`
    throw new MartsReadError('refused', message, code)
  }
  try {
    const { meta, data } = JSON.parse(text) as JsonCompact
    return { columns: meta.map(({ name, type }) => ({ name, type })), rows: data }
  } catch (error) {
    throw new MartsReadError('no_json', 'The answer is not JSON.', 0, { cause: error })
  }
}

function requestOf({ url: address, timeoutSeconds, settings }: MartsRead) {
  const url = new URL(address)
  const username = decodeURIComponent(url.username) || 'default'
  const password = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  url.search = new URLSearchParams({
    database: 'marts',
    default_format: 'JSONCompact',
    readonly: '2',
    max_execution_time: String(timeoutSeconds),
    output_format_json_quote_64bit_integers: '1',
    output_format_json_quote_decimals: '1',
    output_format_decimal_trailing_zeros: '1',
    ...settings,
  }).toString()
  return {
    url,
    password,
    headers: { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password },
  }
}
