// One message of raw: the event it holds, or the reason why it holds none. Never throws on bad
// input, so a poison message cannot stop its partition.

import { isUtf8 } from 'node:buffer'
import type { CleanEvent } from './clean-event.ts'
import { Rejection, type RejectionReason } from './rejection.ts'
import { parseStrictJson } from './strict-json.ts'
import { readTerraceEvent } from './terrace-events.ts'
import { LAST_TIME } from './times.ts'

export const MAX_MESSAGE_BYTES = 262_144
/** How far ahead of the log's clock a producer's may run. */
export const ALLOWED_SKEW_MS = 10 * 60_000

export interface RawMessage {
  /** null for a tombstone, and for a value that is over the limit: that one is never fetched. */
  value: Buffer | null
  bytes: number
  /** When the log took it: "in the future" must mean the same when the message is loaded again. */
  receivedAt: Date
}

export type Verdict =
  | { event: CleanEvent }
  | { reason: RejectionReason; detail: string; eventId: string | null }

export function validateMessage(message: RawMessage): Verdict {
  let eventId: string | null = null
  try {
    const root = parseStrictJson(decode(message))
    if (!(root instanceof Map)) {
      throw new Rejection('wrong_type', 'The message is JSON, but not an object.')
    }
    const id = root.get('event_id')
    if (typeof id === 'string') eventId = id.slice(0, 200).toWellFormed()
    const latest = new Date(
      Math.min(message.receivedAt.getTime() + ALLOWED_SKEW_MS, LAST_TIME.getTime()),
    )
    return { event: readTerraceEvent(root, latest) }
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { reason: error.reason, detail: error.message, eventId }
  }
}

function decode({ value, bytes }: RawMessage): string {
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new Rejection('too_large', `${bytes} bytes, at most ${MAX_MESSAGE_BYTES} are allowed.`)
  }
  if (value === null) throw new Rejection('tombstone', 'The message has no value.')
  if (value.length === 0) throw new Rejection('empty', 'The value has no bytes.')
  if (!isUtf8(value)) throw new Rejection('invalid_utf8', 'The bytes are not UTF-8.')
  // Keeps a byte-order mark, which then is no JSON.
  const text = value.toString('utf8')
  if (text.trim() === '') throw new Rejection('empty', 'The value is white space.')
  if (text.includes('\0')) throw new Rejection('nul_character', 'The value holds a NUL byte.')
  return text
}
