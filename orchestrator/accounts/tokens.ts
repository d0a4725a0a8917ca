// Tokens of sessions, links and programs: 256 random bits, of which the database has the hash alone.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface NewToken {
  /** For whoever it is given to, once. */
  token: string
  /** For the database. */
  hash: Buffer
}

/** @param prefix tells people, and scanners for leaked secrets, what they have found */
export function newToken(prefix = ''): NewToken {
  const token = prefix + randomBytes(32).toString('base64url')
  return { token, hash: hashOfToken(token) }
}

export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/**
 * What a page must send with each write, beside the cookie. Made from the session's token, which the
 * page's scripts and other sites cannot read: so there is nothing to keep, and it ends with the session.
 */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('csrf').digest('base64url')
}

/** Takes as long however much of the two is alike. */
export function isSameToken(a: string, b: string): boolean {
  return timingSafeEqual(hashOfToken(a), hashOfToken(b))
}
