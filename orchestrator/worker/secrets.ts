// Hides the secrets of the environment in whatever leaves a task: log lines and error messages.
// Masked first, then cut: a secret cut in half would not be recognised any more.

import { isSecretName, withoutPassword } from '../../connections/environment.ts'
import { storableText } from '../../connections/postgres-text.ts'
import { counted } from '../counted.ts'

// A shorter value would hide half of every line.
const SHORTEST = 4

export type Mask = (text: string) => string

export interface SecretMask extends Mask {
  /** Characters of the longest text that it hides: so much of what follows a cut must be there. */
  readonly longest: number
}

// Of a URL with a password, which may be in no variable.
const LONGEST_UNKNOWN = 1_024

/** Values of variables whose names say so, and the passwords of all URLs. */
export function maskSecrets(env: NodeJS.ProcessEnv): SecretMask {
  const values = new Set<string>()
  for (const [name, value] of Object.entries(env)) {
    if (!value) continue
    if (isSecretName(name) && value.length >= SHORTEST) addForms(values, value)
    const password = URL.parse(value)?.password
    if (password && password.length >= SHORTEST) {
      addForms(values, password)
      addForms(values, decodeURIComponentOrSame(password))
    }
  }
  const sorted = [...values].sort((a, b) => b.length - a.length)
  const longest = Math.max(LONGEST_UNKNOWN, sorted[0]?.length ?? 0)
  if (sorted.length === 0)
    return Object.assign((text: string) => withoutPassword(text), { longest })
  const pattern = new RegExp(
    sorted.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
    'g',
  )
  return Object.assign((text: string) => withoutPassword(text.replace(pattern, '***')), { longest })
}

/** As it is, and as JSON and URLs write it. */
function addForms(values: Set<string>, value: string): void {
  values.add(value)
  values.add(JSON.stringify(value).slice(1, -1))
  values.add(encodeURIComponent(value.toWellFormed()))
}

function decodeURIComponentOrSame(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const MAX_ERROR_LENGTH = 16_384
// Of cutText's notice: what a runner has cut is not cut again.
const LONGEST_NOTICE = 64

/** Why something failed, as it may be stored and shown: masked, and text that Postgres can hold. */
export function errorText(text: string, mask: SecretMask): string {
  const kept = text.slice(0, MAX_ERROR_LENGTH + mask.longest)
  const before = { dropped: text.length - kept.length, longestSecret: mask.longest }
  const masked = mask(storableText(kept))
  if (before.dropped === 0 && masked.length <= MAX_ERROR_LENGTH + LONGEST_NOTICE) return masked
  return cutText(masked, MAX_ERROR_LENGTH, before)
}

/**
 * The beginning, and how much is missing.
 *
 * @param before what was cut from the text before it was masked: the end of what is left may be a part
 *   of a secret, which no mask knows, and is not shown
 */
export function cutText(
  text: string,
  maxLength: number,
  before: { dropped: number; longestSecret: number } = { dropped: 0, longestSecret: 0 },
): string {
  const surelyMasked = before.dropped > 0 ? text.length - before.longestSecret : text.length
  const length = Math.max(0, Math.min(maxLength, surelyMasked))
  if (length === text.length) return text
  const missing = text.length - length + before.dropped
  return `${text.slice(0, length).toWellFormed()}… [cut: ${counted(missing, 'more character')}]`
}
