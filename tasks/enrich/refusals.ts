// What a reply that is no answer means: whose fault it is, and for how long the API is left alone.

import type { OuterReply } from '../../connections/outer-api/outer-api.ts'
import { firstBytes, visible } from '../../connections/outer-api/problems.ts'
import { NoAnswerError, type Reply } from './provider.ts'
import { messageOf } from './without-failing.ts'

/** An error as an API words it, whatever its shape. */
export interface SaidError {
  /** Its name or number for it. */
  code: string
  text: string
  /** Its own idea of the status, where a body says one. */
  status?: number
  /** The plan or its quota is the reason: asking again soon changes nothing. */
  isPlan?: boolean
}

export interface Refusal {
  problem: string
  /** false: the API is well, and refused what was asked. */
  isOfApi: boolean
  pauseSeconds: number | null
}

const MINUTE = 60
/** Until then somebody has mended the key or the plan, or it was not worth more calls. */
const HALF_A_DAY = 12 * 60 * MINUTE
const MAX_TEXT = 200

/** null: it is an answer, which `read` can read. */
export function readRefusal(
  { api, readError }: { api: { name: string }; readError(body: Buffer): SaidError | null },
  reply: Reply & Partial<OuterReply>,
  read: () => unknown,
): Refusal | null {
  const said = readError(reply.body)
  const isFine = reply.status >= 200 && reply.status < 300
  if (!isFine || said !== null) return judge(api.name, reply, said)
  try {
    read()
    return null
  } catch (error) {
    const isOfApi = !(error instanceof NoAnswerError && error.isRefusal)
    return { problem: messageOf(error), isOfApi, pauseSeconds: null }
  }
}

function judge(
  name: string,
  { status: outer, body, retryAfterSeconds = null }: Reply & Partial<OuterReply>,
  said: SaidError | null,
): Refusal {
  const status = outer < 300 ? (said?.status ?? outer) : outer
  const why = said ? visible(`${said.code}: ${said.text}`.slice(0, MAX_TEXT)) : firstBytes(body)
  const problem = `${name} answered ${status}: ${why}`
  if (said?.isPlan) {
    return {
      problem: `${problem}. Its plan does not allow it; see docs/enrichment.md.`,
      isOfApi: true,
      pauseSeconds: Math.max(HALF_A_DAY, retryAfterSeconds ?? 0),
    }
  }
  if (status === 401 || status === 403) {
    return {
      problem: `${problem}. Check its key; then: terrace enrichment retry ${name}`,
      isOfApi: true,
      pauseSeconds: HALF_A_DAY,
    }
  }
  if (status === 429) {
    return { problem, isOfApi: true, pauseSeconds: retryAfterSeconds ?? MINUTE }
  }
  // In a shape that the API has for its errors, or else it is a wrong URL or a broken proxy.
  const isOfQuestion = said !== null && [400, 404, 422].includes(status)
  return { problem, isOfApi: !isOfQuestion, pauseSeconds: retryAfterSeconds }
}
