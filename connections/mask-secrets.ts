// Hides the secrets of the environment in whatever leaves a task or a DAG file: log lines, errors,
// outputs that are shown, import errors, alerts. Masked first, then cut: a secret cut in half would not
// be recognised any more.

import { isSecretName, withoutPassword } from './environment.ts'

// A shorter value would hide half of every line.
const SHORTEST = 4
// The same of a piece of one: a line, or what base64 makes of it.
const SHORTEST_PIECE = 8
const NO_SECRET = /^(?:true|false|yes|no|on|off|none|null|undefined|enabled|disabled|\d{1,4})$/i
// It says what a key is, and is in every other key.
const FRAME = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/
// libpq's `host=… password='it''s'`, and what other drivers call it, in a variable of any name.
const PASSWORD_IN_DSN =
  /(?:^|[\s;&?])(?:password|pwd)\s*=\s*(?:'((?:[^'\\]|\\.|'')+)'|([^\s;&'"]+))/gi

export type Mask = (text: string) => string

export interface SecretMask extends Mask {
  /** Characters of the longest text that it hides: so much of what follows a cut must be there. */
  readonly longest: number
}

// Of a URL with a password, which may be in no variable.
const LONGEST_UNKNOWN = 1_024

/** Values of variables whose names say so, and the passwords in all others. */
export function maskSecrets(env: NodeJS.ProcessEnv): SecretMask {
  const forms = new Set<string>()
  for (const [name, value] of Object.entries(env)) {
    if (!value) continue
    if (isSecretName(name)) addSecret(forms, value)
    for (const password of passwordsIn(value)) addSecret(forms, password)
  }
  const longest = Math.max(LONGEST_UNKNOWN, ...[...forms].map((form) => form.length))
  const hide = hider(forms)
  return Object.assign((text: string) => withoutPassword(hide(text)), { longest })
}

/**
 * Replaces each of these texts. A table of how they begin is looked at for each character; an expression
 * of some hundred alternatives took a hundred times as long, and each line of each log comes by here.
 */
function hider(forms: ReadonlySet<string>): (text: string) => string {
  const byBeginning = new Map<number, string[]>()
  const isBeginning = new Uint8Array(BEGINNINGS)
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    const beginning = beginningAt(form, 0)
    isBeginning[beginning] = 1
    byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), form])
  }
  return (text) => {
    let hidden = ''
    let done = 0
    for (let at = 0; at + SHORTEST <= text.length; at += 1) {
      const beginning = beginningAt(text, at)
      if (isBeginning[beginning] === 0) continue
      const found = byBeginning.get(beginning)?.find((form) => text.startsWith(form, at))
      if (found === undefined) continue
      hidden += `${text.slice(done, at)}***`
      done = at + found.length
      at = done - 1
    }
    return done === 0 ? text : hidden + text.slice(done)
  }
}

const BEGINNINGS = 2 ** 16

/** A number for the first four characters, which is as short as a secret may be. */
function beginningAt(text: string, at: number): number {
  const first = text.charCodeAt(at) ^ (text.charCodeAt(at + 1) << 3)
  const next = (text.charCodeAt(at + 2) << 6) ^ (text.charCodeAt(at + 3) << 9)
  return (first ^ next) & (BEGINNINGS - 1)
}

function passwordsIn(value: string): string[] {
  const ofUrl = URL.parse(value)?.password
  const ofDsn = [...value.matchAll(PASSWORD_IN_DSN)].map(
    ([, quoted, plain]) => quoted?.replace(/\\(.)|'(')/g, '$1$2') ?? plain!,
  )
  return [...(ofUrl ? [ofUrl, decodeURIComponentOrSame(ofUrl)] : []), ...ofDsn]
}

function addSecret(forms: Set<string>, secret: string): void {
  if (secret.length < SHORTEST || NO_SECRET.test(secret)) return
  addForms(forms, secret)
  // A key is often kept in one line, with `\n` for the ends of its lines.
  const text = secret.replaceAll('\\n', '\n')
  if (text !== secret) addForms(forms, text)
  if (text.includes('\n')) {
    // Each line by itself: that is how it is printed, and how it arrives in pieces.
    for (const line of text.split('\n')) {
      const piece = line.trim()
      if (piece.length >= SHORTEST_PIECE && !FRAME.test(piece)) addForms(forms, piece)
    }
  }
  for (const inner of secretsInJson(secret)) addSecret(forms, inner)
}

/** As it is, and as JSON (also within JSON), URLs, forms and base64 write it. */
function addForms(forms: Set<string>, secret: string): void {
  const json = JSON.stringify(secret).slice(1, -1)
  const url = encodeURIComponent(secret.toWellFormed())
  for (const form of [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    secret.replaceAll("'", "\\'"),
    secret.replaceAll("'", "''"),
    url,
    url.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase()),
    new URLSearchParams({ a: secret }).toString().slice(2),
    encodeURI(secret.toWellFormed()),
    ...inBase64(secret),
  ]) {
    forms.add(form)
  }
}

/** Wherever it begins within what was encoded, such as `user:secret` of a header. */
function inBase64(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    // Characters at both ends hold bits of the bytes beside it.
    const isWhole = (offset + bytes.length) % 3 === 0
    const core = encoded.replace(/=+$/, '').slice(offset && offset + 1, isWhole ? undefined : -1)
    if (core.length < SHORTEST_PIECE) return []
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

/** What a variable with JSON in it, such as the key file of a cloud, calls a secret. */
function secretsInJson(text: string): string[] {
  if (!text.trimStart().startsWith('{')) return []
  try {
    const found: string[] = []
    JSON.parse(text, (name, value: unknown) => {
      if (typeof value === 'string' && isSecretName(name)) found.push(value)
      return value
    })
    return found
  } catch {
    return []
  }
}

function decodeURIComponentOrSame(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** JSON with the secrets in its texts and keys hidden, to be shown. */
export function maskJson<T>(value: T, mask: Mask): T {
  const masked = (inner: unknown): unknown => {
    if (typeof inner === 'string') return mask(inner)
    if (typeof inner !== 'object' || inner === null) return inner
    if (Array.isArray(inner)) return inner.map(masked)
    return Object.fromEntries(Object.entries(inner).map(([key, of]) => [mask(key), masked(of)]))
  }
  return masked(value) as T
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
  return `${text.slice(0, length).toWellFormed()}… [cut: ${missing} more ${missing === 1 ? 'character' : 'characters'}]`
}
