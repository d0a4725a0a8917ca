// OpenWeather's answers and errors, in its words. `cod` is a number in some, a string in others, and
// what there is none of is left out.

import type { AskedRequest, Behaviour } from './stand-in.ts'

export const OPENWEATHER_KEY = 'ow-key-0123456789abcdef'

export function weatherNow(request: AskedRequest): Behaviour {
  if (request.query.get('appid') !== OPENWEATHER_KEY) return weatherErrors.wrongKey!
  const [lat, lon] = ['lat', 'lon'].map((name) => Number(request.query.get(name)))
  return { body: weatherBody({ lat: lat!, lon: lon! }) }
}

export function weatherBody({
  lat = 44.3,
  lon = 11,
  at = new Date(),
  id = weatherOf(lat).id,
  temperature = weatherOf(lat).temperature,
} = {}) {
  return {
    coord: { lon, lat },
    weather: [{ id, main: 'Main', description: 'words', icon: '10d' }],
    base: 'stations',
    main: { temp: temperature, feels_like: 1, pressure: 1015, humidity: 64 },
    visibility: 10_000,
    wind: { speed: 0.62, deg: 349 },
    dt: Math.floor(at.getTime() / 1000),
    sys: { country: 'IT' },
    timezone: 7200,
    id: 3163858,
    name: 'Zocca',
    cod: 200,
  }
}

export function weatherOf(latitude: number) {
  const [id, condition] = latitude > 50 ? ([601, 'snow'] as const) : ([501, 'rain'] as const)
  return { id, condition, temperature: Math.round(latitude * 25) / 100 }
}

export const weatherErrors: Record<string, Behaviour> = {
  wrongKey: { status: 401, body: { cod: 401, message: 'Invalid API key.' } },
  notFound: { status: 404, body: { cod: '404', message: 'city not found' } },
  refused: { status: 400, body: { cod: '400', message: 'wrong latitude' } },
  rate: { status: 429, body: { cod: 429, message: 'Your account is temporary blocked.' } },
  down: { status: 500, body: { cod: '500', message: 'Internal error' } },
  errorWith200: { status: 200, body: { cod: '404', message: 'city not found' } },
}
