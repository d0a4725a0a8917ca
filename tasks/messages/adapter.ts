// What a file of tasks/sources exports: how the messages of one source become the common model.

import type { CleanMessage } from './clean-message.ts'
import { Fields } from './fields.ts'
import { Rejection } from './rejection.ts'
import type { SourceRules } from './source-rules.ts'
import type { StrictJson, StrictObject } from './strict-json.ts'
import { LAST_TIME } from './times.ts'
import type { MessageHeaders } from './which-source.ts'

/** How far ahead of the log's clock a producer's may run. */
export const ALLOWED_SKEW_MS = 10 * 60_000

export interface Adapter {
  /**
   * Pure: the same message and rules make the same result, whenever it is asked.
   *
   * @throws Rejection
   */
  read(message: SourceMessage, rules: SourceRules): CleanMessage
}

export interface SourceMessage {
  topic: string
  key: Buffer | null
  headers: MessageHeaders
  value: StrictJson
  /** When the log took it: "in the future" must mean the same when the message is loaded again. */
  receivedAt: Date
}

/** The message as the JSON object that it has to be. @throws Rejection */
export function objectOf({ value }: SourceMessage): StrictObject {
  if (value instanceof Map) return value
  throw new Rejection('wrong_type', 'The message is JSON, but not an object.')
}

/** Reads the members of an object by the rules of its source. */
export function fieldsOf(
  members: StrictObject,
  { receivedAt }: SourceMessage,
  rules: SourceRules,
): Fields {
  const latest = Math.min(receivedAt.getTime() + ALLOWED_SKEW_MS, LAST_TIME.getTime())
  return new Fields(members, {
    oldest: rules.oldest,
    latest: new Date(latest),
    zone: rules.time_zone,
  })
}
