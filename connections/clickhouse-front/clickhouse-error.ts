// ClickHouse's errors: the text a server sends, and the HTTP status it sends it with. Clients parse
// both ("Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)"), so neither may be ours.

/** An error in ClickHouse's own terms, raised by the engine or by the front. */
export class ClickHouseError extends Error {
  override name = 'ClickHouseError'
  readonly code: number
  readonly type: string
  /** What the server would have sent; null: by the code. */
  readonly status: number | null

  constructor(
    code: number,
    type: string,
    message: string,
    options: { status?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.type = type
    this.status = options.status ?? null
  }
}

/** Reads the engine's message; anything else becomes ClickHouse's UNKNOWN_EXCEPTION. */
export function toClickHouseError(error: unknown): ClickHouseError {
  if (error instanceof ClickHouseError) return error
  const text = error instanceof Error ? error.message : String(error)
  const match = /Code: (\d+)\. DB::(?:[A-Za-z]+)?Exception: ([\s\S]*?)\s*$/.exec(text)
  if (!match) return new ClickHouseError(1002, 'UNKNOWN_EXCEPTION', text, { cause: error })
  const type = /\(([A-Z][A-Z0-9_]+)\)$/.exec(match[2]!)
  // chDB wraps some errors in themselves, once per layer.
  const message = (type ? match[2]!.slice(0, type.index) : match[2]!)
    .replace(/^(?:Code: \d+\. DB::Exception: )+/, '')
    .replace(/(?:\s*\([A-Z][A-Z0-9_]+\) \(version [\d.]+\)\.?)+\s*$/, '')
    .trimEnd()
  return new ClickHouseError(Number(match[1]), type?.[1] ?? 'UNKNOWN_EXCEPTION', message, {
    cause: error,
  })
}

/** The body of an error response. */
export function errorText(error: ClickHouseError, version: string): string {
  return `Code: ${error.code}. DB::Exception: ${error.message} (${error.type}) (version ${version} (official build))\n`
}

const notFound = ['TABLE', 'FUNCTION', 'IDENTIFIER', 'TYPE', 'STORAGE', 'DATABASE', 'SETTING']
  .concat(['DIRECTION_OF_SORTING', 'AGGREGATE_FUNCTION', 'FORMAT', 'DATABASE_ENGINE'])
  .concat(['TYPE_OF_QUERY'])
  .map((name) => `UNKNOWN_${name}`)

const badRequest = new Set([
  'BAD_ARGUMENTS',
  'BAD_QUERY_PARAMETER',
  'BAD_REQUEST_PARAMETER',
  'CANNOT_COMPILE_REGEXP',
  'ILLEGAL_TYPE_OF_ARGUMENT',
  'ILLEGAL_COLUMN',
  'INCORRECT_DATA',
  'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
  'SYNTAX_ERROR',
  'TOO_BIG_AST',
  'TOO_DEEP_AST',
  'TYPE_MISMATCH',
  'UNEXPECTED_AST_STRUCTURE',
  'UNKNOWN_ELEMENT_IN_AST',
  'UNKNOWN_QUERY_PARAMETER',
  'UNKNOWN_TYPE_OF_AST_NODE',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
])

export function httpStatus(error: ClickHouseError): number {
  if (error.status !== null) return error.status
  const { type } = error
  if (notFound.includes(type)) return 404
  if (badRequest.has(type) || type.startsWith('CANNOT_PARSE_')) return 400
  if (type === 'REQUIRED_PASSWORD') return 401
  if (/^(AUTHENTICATION_FAILED|UNKNOWN_USER|WRONG_PASSWORD|ACCESS_DENIED)$/.test(type)) return 403
  if (type === 'TIMEOUT_EXCEEDED') return 408
  if (type === 'QUERY_IS_TOO_LARGE') return 413
  if (type === 'NOT_IMPLEMENTED') return 501
  if (/^(SOCKET_TIMEOUT|TOO_MANY_SIMULTANEOUS_QUERIES)$/.test(type)) return 503
  return 500
}
