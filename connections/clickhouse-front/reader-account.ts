// The account of the embedded marts that may only read, for programs in which people write queries of
// their own. Its password follows from the owner's and not the other way round: there is no second secret
// to keep, and whoever has the owner's address can hand out the reader's.

import { createHmac } from 'node:crypto'
import type { Credentials } from './credentials.ts'

const READER = 'reader'

export function readerOf(owner: Credentials): Credentials {
  const password = createHmac('sha256', owner.password).update(READER).digest('base64url')
  return { user: READER, password }
}

/** The reader's address, from the owner's. */
export function readerUrl(ownerUrl: string): string {
  const url = new URL(ownerUrl)
  const reader = readerOf({ user: url.username, password: decodeURIComponent(url.password) })
  url.username = reader.user
  url.password = reader.password
  return url.href.replace(/\/$/, '')
}
