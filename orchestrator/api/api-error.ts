// The error catalogue of the API. `detail` is what Airflow's clients read; `code` is stable and for
// machines. Nothing of a stack, a query or an address of the server goes out.

import { type DatabaseTrouble, databaseTrouble } from '../../connections/database-trouble.ts'
import { ProjectFileError } from '../project-files/sql-header.ts'
import { StoreError } from '../store/store-error.ts'

export const API_ERRORS = {
  not_found: 404,
  no_such_route: 404,
  method_not_allowed: 405,
  bad_request: 400,
  bad_query: 422,
  bad_body: 422,
  not_json: 415,
  not_logged_in: 401,
  bad_credentials: 401,
  link_used: 401,
  bad_csrf_token: 403,
  read_only_role: 403,
  too_many_attempts: 429,
  too_many_streams: 429,
  conflict: 409,
  bad_host: 403,
  too_large: 413,
  database_unavailable: 503,
  not_migrated: 503,
  question_failed: 502,
  project_file: 500,
  internal: 500,
} as const

export type ApiErrorCode = keyof typeof API_ERRORS

export interface ValidationIssue {
  type: string
  loc: (string | number)[]
  msg: string
}

/** What Airflow tells of a 409; the statement and its error are nobody's business. */
export interface Conflict {
  reason: string
  statement: 'hidden'
  orig_error: 'hidden'
  message: string
}

type Detail = string | ValidationIssue[] | Conflict

export class ApiError extends Error {
  override name = 'ApiError'
  readonly code: ApiErrorCode
  readonly detail: Detail

  constructor(code: ApiErrorCode, detail: Detail, options?: ErrorOptions) {
    super(messageOf(detail) ?? code, options)
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

  static conflict(reason: string, message: string, options?: ErrorOptions): ApiError {
    const detail = { reason, statement: 'hidden', orig_error: 'hidden', message } as const
    return new ApiError('conflict', detail, options)
  }
}

function messageOf(detail: Detail): string | undefined {
  if (typeof detail === 'string') return detail
  return Array.isArray(detail) ? detail[0]?.msg : detail.message
}

/** In Airflow's words, which clients look for. */
const REASONS: Partial<Record<StoreError['code'], string>> = {
  run_exists: 'Unique constraint violation',
}

/** The same request may succeed later: nothing is wrong with it. */
const TROUBLES: Record<DatabaseTrouble, string> = {
  away: 'The metadata database does not answer.',
  full: 'The disk of the metadata database is full, so nothing was changed. Free some space there.',
  crowded:
    'All connections to the metadata database are in use, or it is out of memory. Try again in a moment.',
  busy: 'Others hold in the metadata database what this needs. Try again in a moment.',
  slow: 'The metadata database took too long for this. Ask for less, or try again in a moment.',
  standby:
    'The metadata database takes no writes now, as during a change of servers. Try again in a moment.',
}
const MISSING_SCHEMA = new Set(['42P01', '3F000', '42883', '42703'])

/** What a client is told about an error that is not one of ours. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const cause = { cause: error }
  const code = textOf(error, 'code')
  const status = Number(textOf(error, 'statusCode'))
  if (error instanceof StoreError) {
    return error.status === 409
      ? ApiError.conflict(REASONS[error.code] ?? 'Conflict', error.message, cause)
      : new ApiError('not_found', error.message, cause)
  }
  if (error instanceof ProjectFileError) return new ApiError('project_file', error.message, cause)
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
  const trouble = databaseTrouble(error)
  if (trouble) return new ApiError('database_unavailable', TROUBLES[trouble], cause)
  if (status === 413) return new ApiError('too_large', 'The request is too large.', cause)
  if (status === 415) {
    return new ApiError('not_json', 'Send JSON, with content-type: application/json.', cause)
  }
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
