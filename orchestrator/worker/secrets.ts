// Hides the secrets of the environment in whatever leaves a task: log lines and error messages.
// Masked first, then cut: a secret cut in half would not be recognised any more.

import { isSecretName, withoutPassword } from '../../connections/environment.ts'

// A shorter value would hide half of every line.
const SHORTEST = 4

export type Mask = (text: string) => string

/** Values of variables whose names say so, and the passwords of all URLs. */
export function maskSecrets(env: NodeJS.ProcessEnv): Mask {
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
  if (values.size === 0) return withoutPassword
  const pattern = new RegExp(
    [...values]
      .sort((a, b) => b.length - a.length)
      .map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('|'),
    'g',
  )
  return (text) => withoutPassword(text.replace(pattern, '***'))
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

const MAX_ERROR_LENGTH = 16_384
// Of cutText's notice: what a runner has cut is not cut again.
const LONGEST_NOTICE = 64

/** Why something failed, as it may be stored and shown: masked, and text that Postgres can hold. */
export function errorText(text: string, mask: Mask): string {
  const masked = mask(text.replaceAll('\0', '\ufffd').toWellFormed())
  if (masked.length <= MAX_ERROR_LENGTH + LONGEST_NOTICE) return masked
  return cutText(masked, MAX_ERROR_LENGTH)
}

/** The beginning, and how much is missing. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  return `${text.slice(0, maxLength).toWellFormed()}… [cut: ${text.length - maxLength} more characters]`
}
