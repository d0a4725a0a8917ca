// Whether an error of Postgres is about the statement, or about the database, so that the same statement may
// pass later. One list for everybody who has to tell: a status for a client, a wait at a start, an alert.

/**
 * `away`: it cannot be reached, or ends. `full`: no space on its disk. `crowded`: no connection, or no memory, to
 * be had. `busy`: others hold what the statement needs. `slow`: a limit of time ended it. `standby`: it takes no
 * writes, as after a change of servers.
 */
export type DatabaseTrouble = 'away' | 'full' | 'crowded' | 'busy' | 'slow' | 'standby'

const bySqlState: [RegExp, DatabaseTrouble][] = [
  [/^53100$/, 'full'],
  [/^53...$/, 'crowded'],
  [/^57014$/, 'slow'],
  [/^(08...|57P..|58...)$/, 'away'],
  [/^(55P03|55006|40...)$/, 'busy'],
  [/^25006$/, 'standby'],
]

const ofSystem =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE)$/

/** null: the statement is at fault, or the error is none of a database. */
export function databaseTrouble(error: unknown): DatabaseTrouble | null {
  if (!(error instanceof Error)) return null
  const code = 'code' in error ? String(error.code) : ''
  if (ofSystem.test(code)) return 'away'
  const found = bySqlState.find(([pattern]) => pattern.test(code))
  if (found) return found[1]
  // What the driver says by itself has no code. The first is a pool's, all of whose connections are in use.
  if (error.message === 'timeout exceeded when trying to connect') return 'crowded'
  if (error.message === 'Query read timeout') return 'slow'
  return /Connection terminated|connection error and is not queryable/.test(error.message)
    ? 'away'
    : null
}
