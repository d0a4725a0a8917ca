// A provider that speaks HTTP: claims each call, makes it, checks the answer against its schema, and
// notes in Postgres how it went. Nothing is tried twice here; a question that got no answer is
// postponed, and an API that fails is left alone by its breaker.

import { setTimeout as delay } from 'node:timers/promises'
import {
  type CallLimits,
  claimCall,
  type GrantedClaim,
  noteAnswer,
  noteFailure,
} from '../../connections/outer-api/call-ledger.ts'
import {
  callOuterApi,
  type OuterApi,
  type OuterReply,
  type OuterRequest,
} from '../../connections/outer-api/outer-api.ts'
import { withoutKey } from '../../connections/outer-api/problems.ts'
import type { Pool } from '../../connections/postgres.ts'
import { NoAnswerError, NotAskedError, type Provider, type Reply } from './provider.ts'
import { readRefusal, type SaidError } from './refusals.ts'
import { messageOf } from './without-failing.ts'

export interface LiveApi<Question, Answer> {
  api: OuterApi
  limits: CallLimits
  request(question: Question): Omit<OuterRequest, 'etag'> & {
    /** A former answer with an ETag may still be the newest: key in raw.api_responses. */
    isTagged?: boolean
  }
  knows?(question: Question): { answer: Answer } | null
  /** Throws when the body is no answer, or an error with status 200. */
  read(body: Buffer, question: Question): Answer
  /** What a body says went wrong; null when it has none of the known shapes. */
  readError(body: Buffer): SaidError | null
}

/** What the settings say of an API. */
export interface ApiAccess {
  url: string
  key: string
  timeoutMs: number
}

/** @param own what never changes; `host` is where the API is unless the settings name another server */
export function outerApi(
  own: { name: string; host: string; keyParameter: string },
  { url, key, timeoutMs }: ApiAccess,
): OuterApi {
  return {
    name: own.name,
    url,
    key: { parameter: own.keyParameter, value: key },
    timeoutMs,
    isPublic: new URL(url).hostname === own.host,
  }
}

export interface LiveContext {
  db: Pool
  /** Milliseconds of performance.now() at which this run has asked enough. */
  until: number
}

export function live<Question, Answer>(
  spoken: LiveApi<Question, Answer>,
  { db, until }: LiveContext,
): Provider<Question, Answer> {
  const { api, limits, read } = spoken

  async function claim(signal: AbortSignal): Promise<GrantedClaim> {
    const left = until - performance.now()
    if (left <= 0) throw new NotAskedError('the time of this run is used up')
    const claimed = await claimCall(db, api.name, limits, left)
    if (!claimed.isGranted) throw new NotAskedError(claimed.reason)
    if (claimed.waitMs > 0) await delay(claimed.waitMs, undefined, { signal })
    return claimed
  }

  async function ask(question: Question, signal: AbortSignal): Promise<Reply> {
    const claimed = await claim(signal)
    const { isTagged = false, ...request } = spoken.request(question)
    const former = isTagged ? await newestTagged(db, api.name) : null
    const reply = await callOuterApi(
      api,
      { ...request, ...(former && { etag: former.etag }) },
      signal,
    ).catch(async (error) => {
      signal.throwIfAborted()
      const problem = messageOf(error)
      await noteFailure(db, api.name, claimed, { problem, isOfApi: true, pauseSeconds: null })
      throw new NoAnswerError(problem, null, false)
    })
    // Nothing newer than what is kept: that is the answer.
    if (reply.status === 304 && former)
      return answered(claimed, { ...former, status: 200 }, question)
    return answered(claimed, isTagged ? reply : { ...reply, etag: null }, question)
  }

  async function answered(
    claimed: GrantedClaim,
    reply: Reply & Partial<OuterReply>,
    question: Question,
  ): Promise<Reply> {
    const { status, body, etag = null } = reply
    const refusal = readRefusal(spoken, reply, () => read(body, question))
    if (refusal === null) {
      await noteAnswer(db, api.name, claimed)
      return { status, body, etag }
    }
    const problem = withoutKey(refusal.problem, api.key.value)
    await noteFailure(db, api.name, claimed, { ...refusal, problem })
    throw new NoAnswerError(problem, { status, body }, !refusal.isOfApi)
  }

  return {
    name: api.name,
    isLive: true,
    ...(spoken.knows && { knows: spoken.knows }),
    ask,
    read,
  }
}

interface Tagged {
  etag: string
  body: Buffer
}

async function newestTagged(db: Pool, provider: string): Promise<Tagged | null> {
  const { rows } = await db.query<Tagged>(
    `select etag, body
     from raw.api_responses
     where provider = $1 and etag is not null
     order by fetched_at desc
     limit 1`,
    [provider],
  )
  return rows[0] ?? null
}
