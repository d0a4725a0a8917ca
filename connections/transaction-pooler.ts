// Tells whether an address leads through a pooler in transaction mode, which gives each transaction the
// next free session of the server. Nothing announces it, so it is seen by what it does: two connections
// of ours share a session, or one of them changes it between two statements.

import { Client } from 'pg'
import { EngineError } from './engines/engine-error.ts'
import { withoutPassword } from './environment.ts'

const ANSWER_WITHIN_MS = 3_000
const PID = 'select pg_backend_pid() as pid'

export class TransactionPoolerError extends EngineError {
  override name = 'TransactionPoolerError'
  constructor(url: string, variable: string) {
    super(
      `Postgres at ${withoutPassword(url)} (${variable}) answers through a pooler in transaction mode, ` +
        'which changes the session between two transactions. Prepared statements, LISTEN, locks and ' +
        'settings of a session do not survive that. Set pool_mode = session for this database in the ' +
        `pooler, or name the server itself in ${variable}.`,
    )
  }
}

/** Says nothing about a server that does not answer: whoever uses it does. @throws TransactionPoolerError */
export async function refuseTransactionPooler(url: string, variable: string): Promise<void> {
  const [one, other] = [open(url), open(url)]
  try {
    if (await shareSessions(one, other)) throw new TransactionPoolerError(url, variable)
  } finally {
    await Promise.all([one, other].map((client) => client.end().catch(() => {})))
  }
}

async function shareSessions(one: Client, other: Client): Promise<boolean> {
  try {
    await one.connect()
    const before = await pidOf(one)
    await other.connect()
    // Holds its session, so that the first one must get another if its own was given away.
    await other.query('begin')
    if ((await pidOf(other)) === before) return true
    return (await pidOf(one)) !== before
  } catch {
    return false
  }
}

async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(PID)
  return rows[0]!.pid
}

function open(url: string): Client {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    application_name: 'terrace-look',
  })
  client.on('error', () => {})
  return client
}
