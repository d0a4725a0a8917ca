// Which errors of a statement say that it may succeed when it is sent again.

const SQLSTATES = [
  '08', // connection
  '40', // serialisation, deadlock
  '53', // out of connections, memory or disk
  '55', // lock not available
  '57', // shutting down, cancelled
  '58', // the system
]
// Other statements' errors have a SQLSTATE of five characters; everything else is the connection's.
const SQLSTATE = /^[0-9A-Z]{5}$/

/** An error without a SQLSTATE came from the connection: whether the statement ran is unknown. */
export function mayPassLater(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string' || !SQLSTATE.test(code) || code === 'EPIPE') return true
  return SQLSTATES.some((prefix) => code.startsWith(prefix))
}
