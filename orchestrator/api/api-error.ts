// The error catalogue of the API. `detail` is what Airflow's clients read; `code` is stable and for
// machines. Nothing of a stack, a query or an address of the server goes out.

export const API_ERRORS = {
  not_found: 404,
  no_such_route: 404,
  read_only: 405,
  bad_request: 400,
  bad_query: 422,
  bad_host: 403,
  too_large: 413,
  database_unavailable: 503,
  not_migrated: 503,
  internal: 500,
} as const

export type ApiErrorCode = keyof typeof API_ERRORS

export interface ValidationIssue {
  type: string
  loc: (string | number)[]
  msg: string
}

export class ApiError extends Error {
  override name = 'ApiError'
  readonly code: ApiErrorCode
  readonly detail: string | ValidationIssue[]

  constructor(code: ApiErrorCode, detail: string | ValidationIssue[], options?: ErrorOptions) {
    super(typeof detail === 'string' ? detail : (detail[0]?.msg ?? code), options)
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return API_ERRORS[this.code]
  }

  static notFound(what: string, key: Record<string, string | number>): ApiError {
    const named = Object.entries(key).map(([name, value]) => `${name} \`${value}\``)
    return new ApiError('not_found', `The ${what} with ${named.join(', ')} was not found`)
  }
}

const CONNECTION_LOST = /^(ECONN|ENOTFOUND|ETIMEDOUT|EPIPE|08|57P0)/
const MISSING_SCHEMA = new Set(['42P01', '3F000', '42883', '42703'])

/** What a client is told about an error that is not one of ours. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const cause = { cause: error }
  const code = textOf(error, 'code')
  const status = Number(textOf(error, 'statusCode'))
  if (textOf(error, 'name') === 'OrderByError') {
    const issue = { type: 'value_error', loc: ['query', 'order_by'], msg: textOf(error, 'message') }
    return new ApiError('bad_query', [issue], cause)
  }
  if (MISSING_SCHEMA.has(code)) {
    return new ApiError(
      'not_migrated',
      'The metadata is not of this version. Run `terrace db migrate`.',
      cause,
    )
  }
  if (CONNECTION_LOST.test(code) || /timeout exceeded|Connection terminated/.test(String(error))) {
    return new ApiError('database_unavailable', 'The metadata database does not answer.', cause)
  }
  if (status === 413) return new ApiError('too_large', 'The request is too large.', cause)
  if (status >= 400 && status < 500) {
    return new ApiError('bad_request', textOf(error, 'message'), cause)
  }
  return new ApiError(
    'internal',
    'Something went wrong here; the log of `terrace web` has it.',
    cause,
  )
}

function textOf(error: unknown, property: string): string {
  if (typeof error !== 'object' || error === null) return ''
  return String((error as Record<string, unknown>)[property] ?? '')
}
