// One message of raw: what it says, or the reason why it is refused. Never throws on bad input, so a
// poison message cannot stop its partition.

import { isUtf8 } from 'node:buffer'
import type { CleanMessage } from './clean-message.ts'
import { Rejection, type RejectionReason } from './rejection.ts'
import { parseStrictJson, type StrictJson } from './strict-json.ts'
import { headerOf, type SourceHints, sourceOf } from './which-source.ts'

export const MAX_MESSAGE_BYTES = 262_144

export interface RawMessage extends SourceHints {
  key: Buffer | null
  /** null for a tombstone, and for a value that is over the limit: that one is never fetched. */
  value: Buffer | null
  bytes: number
  /** When the log took it: "in the future" must mean the same when the message is loaded again. */
  receivedAt: Date
}

export type Verdict =
  /** `newFields`: those that the contract of the source has not; undefined: none. */
  | { message: CleanMessage; newFields: string[] | undefined }
  | {
      reason: RejectionReason
      detail: string
      eventId: string | null
      /** As far as it could be told. */
      source: string | null
    }

export function validateMessage(raw: RawMessage): Verdict {
  let eventId: string | null = null
  let source = headerOf(raw) ?? raw.onlySource
  try {
    const value = parseStrictJson(decode(raw))
    eventId = givenId(raw, value)
    const { adapter, rules, contract } = sourceOf(raw, value)
    source = rules.source
    const { topic, key, headers, receivedAt } = raw
    const message = adapter.read({ topic, key, headers, value, receivedAt }, rules)
    return { message, newFields: contract?.newFields(value) }
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { reason: error.reason, detail: error.message, eventId, source }
  }
}

/** As the message or its header names it, for whoever looks at it in quarantine. */
function givenId({ headers }: RawMessage, value: StrictJson): string | null {
  const said = value instanceof Map ? value.get('event_id') : undefined
  const id = said ?? headers.event_id
  return typeof id === 'string' ? id.slice(0, 200).toWellFormed() : null
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
