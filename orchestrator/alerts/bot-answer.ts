// What the Bot API answered to a message. The answer comes from outside, perhaps from a proxy or a
// sign-in page on the way, so it is believed only in the shape that the Bot API documents
// (https://core.telegram.org/bots/api#making-requests).

import { z } from 'zod'
import { retryAfterSeconds } from '../../connections/outer-api/retry-after.ts'

export type BotAnswer =
  | { kind: 'taken' }
  | {
      kind: 'error'
      code: number
      description: string
      /** Seconds; null when the answer names no time. */
      retryAfter: number | null
      migrateToChatId: string | null
    }
  /** The body is not JSON. */
  | { kind: 'no_json'; status: number; retryAfter: number | null }
  /** JSON, but no answer of the Bot API. */
  | { kind: 'foreign'; status: number; retryAfter: number | null }

/** A longer wait is not believed: people would hear of nothing meanwhile, and one try an hour is little. */
const MAX_WAIT_SECONDS = 3_600

const taken = z.object({ ok: z.literal(true), result: z.object({ message_id: z.number() }) })
const refused = z.object({
  ok: z.literal(false),
  error_code: z.int().min(100).max(599),
  description: z.string().default(''),
  parameters: z
    .object({
      retry_after: z.number().positive().optional().catch(undefined),
      migrate_to_chat_id: z.int().optional().catch(undefined),
    })
    .catch({})
    .default({}),
})

/** @param now for a Retry-After that names a date */
export function readBotAnswer(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  text: string,
  now: Date,
): BotAnswer {
  const inHeader = retryAfterSeconds(headers.get('retry-after'), now)
  const shortened = (seconds: number | null) =>
    seconds === null ? null : Math.min(seconds, MAX_WAIT_SECONDS)
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return { kind: 'no_json', status, retryAfter: shortened(inHeader) }
  }
  if (status < 300 && taken.safeParse(body).success) return { kind: 'taken' }
  const { data: error } = refused.safeParse(body)
  if (!error) return { kind: 'foreign', status, retryAfter: shortened(inHeader) }
  const { retry_after: inBody, migrate_to_chat_id: movedTo } = error.parameters
  return {
    kind: 'error',
    code: error.error_code,
    description: error.description,
    retryAfter: shortened(inBody ?? inHeader),
    migrateToChatId: movedTo === undefined ? null : String(movedTo),
  }
}
