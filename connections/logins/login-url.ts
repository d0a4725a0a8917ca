// The address with which this process logs in for a purpose. Where the account does not let us in, as on
// a server that was restored from a copy or whose owner has a new password, it is made anew. Where it
// cannot be made, as behind a pooler that knows one account alone, the owner's address is used and
// `terrace doctor` says why.

import { Client, DatabaseError } from 'pg'
import { LoginsError, prepareLogins } from './prepare-logins.ts'
import { addressFor, METADATA_PURPOSES, type Purpose, WAREHOUSE_PURPOSES } from './purposes.ts'

export interface Login {
  url: string
  /** Why it is the owner's after all; null when it is that of the purpose. */
  problem: string | null
}

const ANSWER_WITHIN_MS = 5_000
/** Kept for the life of the process: what was found once does not change by itself. */
const found = new Map<string, Promise<Login>>()

/** The address alone. */
export async function loginUrl(ownerUrl: string, purpose: Purpose): Promise<string> {
  return (await findLogin(ownerUrl, purpose)).url
}

/** Never throws: an owner's address that does not work says so to whoever uses it. */
export function findLogin(ownerUrl: string, purpose: Purpose): Promise<Login> {
  const key = `${purpose} ${ownerUrl}`
  let login = found.get(key)
  if (login === undefined) {
    login = look(ownerUrl, purpose).then(({ isFinal, ...answer }) => {
      if (!isFinal) found.delete(key)
      return answer
    })
    found.set(key, login)
  }
  return login
}

async function look(ownerUrl: string, purpose: Purpose): Promise<Login & { isFinal: boolean }> {
  const url = addressFor(ownerUrl, purpose)
  if (url === null) {
    const problem =
      'the address holds no password, from which those of its accounts are computed. Write it into the URL'
    return { url: ownerUrl, problem, isFinal: true }
  }
  const answer = await tryLogin(url)
  if (answer === 'in') return { url, problem: null, isFinal: true }
  // Not there, and not refused: whoever uses the address says so.
  if (answer === 'no answer') return { url, problem: null, isFinal: false }
  if (!(await isOurs(ownerUrl))) {
    return { url: ownerUrl, problem: null, isFinal: false }
  }
  try {
    await prepareLogins(ownerUrl, purpose === 'metadata' ? METADATA_PURPOSES : WAREHOUSE_PURPOSES)
  } catch (error) {
    if (!(error instanceof LoginsError)) throw error
    return { url: ownerUrl, problem: error.message, isFinal: true }
  }
  if ((await tryLogin(url)) === 'in') return { url, problem: null, isFinal: true }
  const problem =
    `the server does not let ${new URL(url).username} in, which was made on it. A pooler must know the ` +
    'account too, and pg_hba.conf must let it connect'
  return { url: ownerUrl, problem, isFinal: true }
}

async function tryLogin(url: string): Promise<'in' | 'refused' | 'no answer'> {
  try {
    await withClient(url, (client) => client.query('select 1'))
    return 'in'
  } catch (error) {
    // 28: no such account, or not with this password; 08P01: a pooler's word for it. 42501: it may not
    // enter this database.
    const isRefused =
      error instanceof DatabaseError && /^(28...|08P01|42501)$/.test(error.code ?? '')
    return isRefused ? 'refused' : 'no answer'
  }
}

/** A database that holds nothing of ours gets no accounts of ours either. */
async function isOurs(ownerUrl: string): Promise<boolean> {
  try {
    const { rows } = await withClient(ownerUrl, (client) =>
      client.query<{ ours: boolean }>(
        `select coalesce(to_regclass('terrace.setting'), to_regclass('warehouse.marker'),
           to_regclass('event_log.log')) is not null as ours`,
      ),
    )
    return rows[0]!.ours
  } catch {
    return false
  }
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    application_name: 'terrace-login',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}
