// A database without the event log's tables, told apart from other failures of a query.

import { DatabaseError } from 'pg'

const UNDEFINED_TABLE = '42P01'
const UNDEFINED_FUNCTION = '42883'
const INVALID_SCHEMA_NAME = '3F000'

export class EventLogMissingError extends Error {
  override name = 'EventLogMissingError'
  constructor(cause: Error) {
    super(
      'The database has no event log: the tables of schema event_log are missing. Run `terrace db migrate`.',
      { cause },
    )
  }
}

/** For `catch`: throws EventLogMissingError where that is the reason, and the error itself otherwise. */
export function rethrowNamed(error: unknown): never {
  const isMissing =
    error instanceof DatabaseError &&
    [UNDEFINED_TABLE, UNDEFINED_FUNCTION, INVALID_SCHEMA_NAME].includes(error.code ?? '')
  throw isMissing ? new EventLogMissingError(error) : error
}
