// Positionstack: the place at coordinates. Free: 100 calls a month.

import { z } from 'zod'
import type { CallLimits } from '../../connections/outer-api/call-ledger.ts'
import { countryCode } from './country-codes.ts'
import { type ApiAccess, type LiveApi, outerApi } from './live.ts'
import { refuseOtherPlace } from './other-place.ts'
import type { CityAnswer, Place } from './provider.ts'
import { readAnswer, readError } from './read-answer.ts'
import type { SaidError } from './refusals.ts'

const NAME = 'positionstack'
const OWN = { name: NAME, host: 'api.positionstack.com', keyParameter: 'access_key' }

// What Postgres cannot hold as text would fail the whole page of answers.
const name = z
  .string()
  .max(200)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), { error: 'is no text' })

const answer = z.object({
  data: z.array(
    z.object({
      latitude: z.number().nullish(),
      longitude: z.number().nullish(),
      // The city is the locality; `name` is that of the house or the street.
      locality: name.nullish(),
      country_code: z.string().nullish(),
    }),
  ),
})

const codes = z.union([z.string(), z.number()])
const refusals = z.object({
  error: z.union([
    z.object({ code: codes, message: z.string() }),
    z.object({ code: codes, type: z.string(), info: z.string().optional() }),
  ]),
})

/** Of the shape with numbers, which comes with a status of 200 as well. */
const STATUS_OF_TYPE: Record<string, number> = {
  invalid_access_key: 401,
  missing_access_key: 401,
  inactive_user: 401,
  function_access_restricted: 403,
  https_access_restricted: 403,
  usage_limit_reached: 429,
  rate_limit_reached: 429,
  '404_not_found': 404,
}

export function positionstack(access: ApiAccess, limits: CallLimits): LiveApi<Place, CityAnswer> {
  return {
    api: outerApi(OWN, access),
    limits,
    request: ({ latitude, longitude }) => ({
      path: '/v1/reverse',
      parameters: { query: `${latitude},${longitude}`, limit: 1 },
    }),
    read(body, asked) {
      const [place] = readAnswer(NAME, answer, body).data
      if (!place) return null
      refuseOtherPlace(NAME, asked, place)
      return {
        city: place.locality?.trim() || null,
        country: countryCode(place.country_code ?? ''),
      }
    },
    readError: readPositionstackError,
  }
}

function readPositionstackError(body: Buffer): SaidError | null {
  const error = readError(refusals, body)?.error
  if (!error) return null
  const type = 'type' in error ? error.type : String(error.code)
  const text = 'message' in error ? error.message : (error.info ?? error.type)
  return {
    code: 'type' in error ? `${error.code} ${error.type}` : type,
    text,
    status: STATUS_OF_TYPE[type] ?? 422,
    isPlan: type === 'usage_limit_reached',
  }
}
