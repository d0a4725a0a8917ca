// The accounts of Postgres that Terrace logs in with, one for each purpose, and none of them a
// superuser (docs/adr/0024-logins-of-postgres.md). The owner, which DATABASE_URL or the embedded engine
// names, makes them and migrates; nothing else logs in as it.
//
// A password is computed from the owner's: whoever may be the owner can log in as each of them, on every
// machine, and there is no further secret to keep or to hand on. It cannot be computed backwards.

import { createHash, createHmac } from 'node:crypto'

/**
 * `metadata`: the scheduler, the worker, the API. `raw`: what lands messages. `dds`: what loads the vault
 * and the marts from it. `reader`: what only shows the warehouse, to people and on the page.
 */
export type Purpose = 'metadata' | 'raw' | 'dds' | 'reader'

/** What the database of the metadata has, and that of the warehouse; they may be one. */
export const METADATA_PURPOSES: readonly Purpose[] = ['metadata']
export const WAREHOUSE_PURPOSES: readonly Purpose[] = ['raw', 'dds', 'reader']

const LONGEST_NAME = 63

/** Accounts belong to the whole server, on which there may be several databases of Terrace. */
export function loginName(purpose: Purpose, database: string): string {
  const name = database === 'terrace' ? `terrace_${purpose}` : `terrace_${purpose}_${database}`
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name
  return `terrace_${purpose}_${createHash('sha256').update(database).digest('hex').slice(0, 16)}`
}

export function databaseOf(url: string): string {
  const { pathname, username } = new URL(url)
  return decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username)
}

/** null when the address holds no password to compute one from. */
export function passwordOf(ownerUrl: string, name: string): string | null {
  const owner = decodeURIComponent(new URL(ownerUrl).password)
  if (owner === '') return null
  return createHmac('sha256', owner).update(`terrace login ${name}`).digest('base64url')
}

/** The same address for the account of a purpose; null when it holds no password. */
export function addressFor(ownerUrl: string, purpose: Purpose): string | null {
  const name = loginName(purpose, databaseOf(ownerUrl))
  const password = passwordOf(ownerUrl, name)
  if (password === null) return null
  const url = new URL(ownerUrl)
  url.username = encodeURIComponent(name)
  url.password = password
  return url.href
}
