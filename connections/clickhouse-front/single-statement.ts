// One request, one statement, counted by the engine's own parser before anything runs: a text that holds
// several would be run from its first to its last, or up to the first that cannot be parsed.

import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts'
import type { NativeSession, StatementClass } from './native-engine.ts'
import { literal } from './query-request.ts'

/** @throws ClickHouseError SYNTAX_ERROR, in the engine's words about the client's text. */
export async function refuseUnlessSingle(
  session: NativeSession,
  statement: { text: string; sql: string },
): Promise<StatementClass> {
  const found = await session.classify(statement.sql)
  if (found.statementCount === 1) return found
  throw await syntaxError(session, statement.text)
}

async function syntaxError(session: NativeSession, text: string): Promise<ClickHouseError> {
  if (text.trim() === '') return emptyQuery()
  try {
    await session.query(`select formatQuery(${literal(text)})`, 'Null')
  } catch (cause) {
    const { code, type, message } = toClickHouseError(cause)
    const own = message.replace(/: In scope SELECT formatQuery\([\s\S]*$/, '')
    return new ClickHouseError(code, type, own, { cause })
  }
  return /^\s*(--|#|\/)/.test(text)
    ? emptyQuery()
    : new ClickHouseError(
        62,
        'SYNTAX_ERROR',
        'Syntax error (Multi-statements are not allowed): text follows the first statement',
      )
}

function emptyQuery(): ClickHouseError {
  return new ClickHouseError(62, 'SYNTAX_ERROR', 'Syntax error: Empty query')
}
