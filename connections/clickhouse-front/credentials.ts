// Who may ask: the owner, and the account that may only read. Passwords are compared in constant time,
// and a message never says whether the name or the password was wrong.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ClickHouseError } from './clickhouse-error.ts'
import { headerText } from './query-request.ts'
import { readerOf } from './reader-account.ts'

export interface Credentials {
  user: string
  password: string
}

/** @throws ClickHouseError 516 as a server does: 401 without credentials, 403 with wrong ones. */
export function authenticate(
  request: IncomingMessage,
  url: URL,
  owner: Credentials,
): 'owner' | 'reader' {
  const given = readCredentials(request, url)
  const user = given?.user || 'default'
  const isAccount = (account: Credentials) =>
    equal(given?.password ?? '', account.password) && equal(user, account.user)
  if (isAccount(owner)) return 'owner'
  if (isAccount(readerOf(owner))) return 'reader'
  throw new ClickHouseError(
    516,
    'AUTHENTICATION_FAILED',
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
    { status: given === null ? 401 : 403 },
  )
}

/** Headers win over basic auth, which wins over URL parameters, as in ClickHouse. */
function readCredentials(request: IncomingMessage, url: URL): Credentials | null {
  const headerUser = headerText(request, 'x-clickhouse-user')
  const headerKey = headerText(request, 'x-clickhouse-key')
  if (headerUser !== null || headerKey !== null) {
    return { user: headerUser ?? '', password: headerKey ?? '' }
  }
  const basic = /^basic\s+(\S+)$/i.exec(request.headers.authorization ?? '')
  if (basic) {
    const [user = '', ...rest] = Buffer.from(basic[1]!, 'base64').toString('utf8').split(':')
    return { user, password: rest.join(':') }
  }
  const { searchParams } = url
  if (!searchParams.has('user') && !searchParams.has('password')) return null
  return { user: searchParams.get('user') ?? '', password: searchParams.get('password') ?? '' }
}

function equal(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
