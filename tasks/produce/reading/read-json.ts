// A record that should be one JSON object, read as strictly as the messages of raw are: what is told as
// bad here is what quarantine refuses.

import { isUtf8 } from 'node:buffer'
import { Rejection } from '../../messages/rejection.ts'
import {
  ExactNumber,
  parseStrictJson,
  type StrictJson,
  type StrictObject,
} from '../../messages/strict-json.ts'
import { MAX_MESSAGE_BYTES } from '../../messages/validate-message.ts'
import { MAX_RECORD_BYTES } from './byte-window.ts'

export const NOT_KEPT = `more than ${MAX_RECORD_BYTES} bytes, so it is not sent`

export type ReadObject = { object: StrictObject } | { problem: string }

export function readObject(bytes: Buffer | null): ReadObject {
  if (bytes === null) return { problem: NOT_KEPT }
  if (bytes.length > MAX_MESSAGE_BYTES) {
    return { problem: `too_large: ${bytes.length} bytes, at most ${MAX_MESSAGE_BYTES} are allowed` }
  }
  if (!isUtf8(bytes)) return { problem: 'invalid_utf8: the bytes are not UTF-8' }
  try {
    const root = parseStrictJson(bytes.toString('utf8'))
    if (root instanceof Map) return { object: root }
    return { problem: 'wrong_type: it is JSON, but not an object' }
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { problem: `${error.reason}: ${error.message.replace(/\.$/, '')}` }
  }
}

/** A member that is text and not empty; null otherwise. */
export function textOf(member: StrictJson | undefined): string | null {
  return typeof member === 'string' && member.trim() !== '' ? member : null
}

/** An id: text, or a whole number in decimal digits; null otherwise. */
export function idOf(member: StrictJson | undefined): string | null {
  if (!(member instanceof ExactNumber)) return textOf(member)
  return /^\d+$/.test(member.text) ? member.text : null
}

/** A number as it was written; null for everything else. */
export function numberOf(member: StrictJson | undefined): string | null {
  return member instanceof ExactNumber ? member.text : null
}

export function objectOf(member: StrictJson | undefined): StrictObject {
  return member instanceof Map ? member : new Map()
}
