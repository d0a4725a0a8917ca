// Open Exchange Rates: what currencies were worth on a day, with the base USD. Free: 1,000 calls a
// month. A day gone by is asked for by its date; of today there is only the latest, which often still
// is what was fetched before, so its ETag goes with the question.
//
// All currencies are asked for at once: one call a day answers for every currency there will be.

import { z } from 'zod'
import type { CallLimits } from '../../connections/outer-api/call-ledger.ts'
import { ExactNumber, parseStrictJson } from '../messages/strict-json.ts'
import { type ApiAccess, type LiveApi, outerApi } from './live.ts'
import { NoAnswerError, type RatesAnswer } from './provider.ts'
import { readAnswer, readError } from './read-answer.ts'
import type { SaidError } from './refusals.ts'

const NAME = 'openexchangerates'
const OWN = { name: NAME, host: 'openexchangerates.org', keyParameter: 'app_id' }

const answer = z.object({
  timestamp: z.int().positive(),
  base: z.literal('USD'),
  rates: z
    .record(z.string(), z.number().positive())
    .refine((rates) => Object.keys(rates).length > 0, {
      error: 'has no rate',
    }),
})

const refusals = z.object({
  error: z.literal(true),
  status: z.number(),
  message: z.string(),
  description: z.string().optional(),
})

/** ref_fx_rate holds ten digits on either side of the point. */
const SMALLEST = 1e-10
const LARGEST = 1e10

export function openExchangeRates(
  access: ApiAccess,
  limits: CallLimits,
  today: () => string,
): LiveApi<string, RatesAnswer> {
  return {
    api: outerApi(OWN, access),
    limits,
    request: (day) =>
      day < today()
        ? { path: `/api/historical/${day}.json` }
        : { path: '/api/latest.json', isTagged: true },
    read(body, day) {
      const { timestamp } = readAnswer(NAME, answer, body)
      refuseOtherDay(timestamp, day, today())
      return exactRates(body)
    },
    readError: readRatesError,
  }
}

/**
 * Rates of another day are those of another day: until the right ones come, the last day before it counts.
 * Right after midnight the latest are still yesterday's, which minutes mend; a date that is answered with
 * another one is the provider's last word for today.
 */
function refuseOtherDay(timestamp: number, day: string, today: string): void {
  const at = new Date(timestamp * 1000)
  if (Number.isFinite(at.getTime()) && at.toISOString().slice(0, 10) === day) return
  const said = Number.isFinite(at.getTime()) ? at.toISOString() : `second ${timestamp}`
  throw new NoAnswerError(
    `${NAME} answered with rates of ${said}, not of ${day}`,
    null,
    day < today,
  )
}

/** Digits as they were sent: money never passes through a JS number. */
function exactRates(body: Buffer): RatesAnswer {
  const sent = parseStrictJson(body.toString())
  const rates = sent instanceof Map ? sent.get('rates') : null
  if (!(rates instanceof Map)) return {}
  return Object.fromEntries(
    [...rates].flatMap(([code, rate]) =>
      /^[A-Z]{3}$/.test(code) && rate instanceof ExactNumber && isInRange(rate)
        ? [[code, rate.text]]
        : [],
    ),
  )
}

function isInRange({ text }: ExactNumber): boolean {
  return Number(text) >= SMALLEST && Number(text) < LARGEST
}

function readRatesError(body: Buffer): SaidError | null {
  const said = readError(refusals, body)
  if (!said) return null
  const { status, message, description } = said
  return {
    code: message,
    text: description ?? message,
    status,
    isPlan: message === 'not_allowed' || message === 'access_restricted',
  }
}
