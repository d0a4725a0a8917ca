// OpenWeather: the weather at a place now. Free: 60 calls a minute, and no history. So an hour can be
// asked for while it lasts and for an hour after; later its weather is unavailable, for good. Rejected:
// the offline climate for those hours, which would stand among measured ones and look like them.

import { z } from 'zod'
import type { CallLimits } from '../../connections/outer-api/call-ledger.ts'
import { type ApiAccess, type LiveApi, outerApi } from './live.ts'
import { refuseOtherPlace } from './other-place.ts'
import { NoAnswerError, type PlaceHour, type WeatherAnswer } from './provider.ts'
import { readAnswer, readError } from './read-answer.ts'
import type { SaidError } from './refusals.ts'

const NAME = 'openweather'
const OWN = { name: NAME, host: 'api.openweathermap.org', keyParameter: 'appid' }
const HOUR = 3_600_000
/** From the beginning of the hour. */
const CAN_BE_ASKED = 2 * HOUR

/** `cod` is a number or a string; what there is none of (rain, snow, gusts) is left out. */
const cod = z.coerce.number().int()
const answer = z.object({
  cod: z.union([z.literal(200), z.literal('200')]),
  dt: z.int().positive(),
  coord: z.object({ lat: z.number(), lon: z.number() }).nullish(),
  weather: z.array(z.object({ id: z.int().min(200).max(899) })).min(1),
  main: z.object({ temp: z.number().min(-100).max(70) }),
})
const refusals = z.object({ cod: cod.refine((code) => code !== 200), message: z.string() })

export function openWeather(
  access: ApiAccess,
  limits: CallLimits,
  now: () => Date,
): LiveApi<PlaceHour, WeatherAnswer> {
  return {
    api: outerApi(OWN, access),
    limits,
    knows: ({ hour }) =>
      now().getTime() - hour.getTime() > CAN_BE_ASKED ? { answer: null } : null,
    request: ({ latitude, longitude }) => ({
      path: '/data/2.5/weather',
      parameters: { lat: latitude, lon: longitude, units: 'metric' },
    }),
    read(body, { hour, ...asked }) {
      const { dt, weather, main, coord } = readAnswer(NAME, answer, body)
      refuseOtherPlace(NAME, asked, { latitude: coord?.lat, longitude: coord?.lon })
      const measuredAt = new Date(dt * 1000)
      // A station that is silent for hours still has a last measurement.
      const late = measuredAt.getTime() - hour.getTime()
      if (late < -HOUR || late > CAN_BE_ASKED) {
        const measured = `the weather of ${measuredAt.toISOString()}`
        throw new NoAnswerError(
          `${NAME} answered with ${measured}, not of the hour from ${hour.toISOString()}`,
          null,
          true,
        )
      }
      // The first is the main one.
      return { condition: conditionOf(weather[0]!.id), temperatureC: main.temp }
    },
    readError: readWeatherError,
  }
}

/** Groups of its ids: 2xx thunder, 3xx drizzle, 5xx rain, 6xx snow, 7xx what is in the air, 80x sky. */
export function conditionOf(id: number): string {
  if (id < 300) return 'storm'
  if (id < 600) return 'rain'
  if (id < 700) return 'snow'
  // Squalls and tornadoes are of the air as well, and nothing like fog.
  if (id === 771 || id === 781) return 'storm'
  if (id < 800) return 'fog'
  return id === 800 ? 'clear' : 'clouds'
}

function readWeatherError(body: Buffer): SaidError | null {
  const said = readError(refusals, body)
  return said && { code: String(said.cod), text: said.message, status: said.cod }
}
