// Open Exchange Rates' answers and errors, in its words.

import type { AskedRequest, Behaviour } from './stand-in.ts'

export const OPENEXCHANGERATES_APP_ID = 'oxr-id-0123456789abcdef'

/** @param latest the day of the latest rates; by the machine's clock without it */
export function rates(
  request: AskedRequest,
  latest = new Date().toISOString().slice(0, 10),
): Behaviour {
  if (request.query.get('app_id') !== OPENEXCHANGERATES_APP_ID) return ratesErrors.wrongKey!
  const day = /^\/api\/historical\/(\d{4}-\d\d-\d\d)\.json$/.exec(request.path)?.[1] ?? 'latest'
  if (day === 'latest' && request.path !== '/api/latest.json') return ratesErrors.notFound!
  const etag = `"of-${day}"`
  const timestamp = Date.parse(`${day === 'latest' ? latest : day}T23:00:00Z`) / 1000
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: '' }
  // Written by hand: JSON.stringify would cut the digits.
  const quotes = Object.entries(ratesOf(day)).map(([code, rate]) => `"${code}":${rate}`)
  return {
    headers: { etag },
    body:
      '{"disclaimer":"…","license":"…",' +
      `"timestamp":${timestamp},"base":"USD","rates":{${quotes.join(',')},"USD":1,"VEF_BLKMKT":1234.5,"XAU":0.00000000000001}}`,
  }
}

/** Digits as they are sent. */
export function ratesOf(day: string): Record<string, string> {
  const n = day === 'latest' ? 7 : Number(day.slice(-2))
  return { EUR: `0.924123${n}`, SEK: `10.5${n}`, TRY: `41.0000000${n}` }
}

const error = (status: number, message: string, description: string): Behaviour => ({
  status,
  body: { error: true, status, message, description },
})

export const ratesErrors: Record<string, Behaviour> = {
  wrongKey: error(401, 'invalid_app_id', 'Invalid App ID provided.'),
  noKey: error(401, 'missing_app_id', 'No App ID provided.'),
  notFound: error(404, 'not_found', 'Client requested a non-existent resource/route.'),
  refused: error(400, 'invalid_base', 'Client requested rates for an unsupported base currency.'),
  restricted: error(403, 'access_restricted', 'Access restricted for repeated over-use.'),
  plan: error(429, 'not_allowed', "Client doesn't have permission to access this route."),
}
