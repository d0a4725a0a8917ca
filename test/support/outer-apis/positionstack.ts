// Positionstack's answers and errors, in its words.

import type { AskedRequest, Behaviour } from './stand-in.ts'

export const POSITIONSTACK_KEY = 'ps-key-0123456789abcdef'

export function reversePlace(request: AskedRequest): Behaviour {
  if (request.query.get('access_key') !== POSITIONSTACK_KEY) return positionstackErrors.wrongKey!
  const [latitude, longitude] = request.query.get('query')!.split(',').map(Number)
  // Far in the south there is sea.
  if (latitude! < -60) return { body: { data: [] } }
  const place = cityOf(latitude!, longitude!)
  return {
    body: {
      data: [
        {
          latitude,
          longitude,
          type: 'address',
          distance: 17.5,
          name: '5th Avenue 725',
          number: '725',
          postal_code: '10022',
          street: '5th Avenue',
          confidence: 1,
          region: 'Somewhere',
          region_code: 'SW',
          county: null,
          locality: place.city,
          administrative_area: null,
          neighbourhood: null,
          country: 'Somewhere',
          country_code: place.countryCode3,
          continent: 'Europe',
          label: 'Label, Somewhere',
          map_url: 'https://map.example/1',
        },
      ],
    },
  }
}

export function cityOf(latitude: number, longitude: number) {
  return {
    city: `Town at ${latitude} ${longitude}`,
    ...(longitude < 20
      ? { country: 'SE', countryCode3: 'SWE' }
      : { country: 'TR', countryCode3: 'TUR' }),
  }
}

const error = (status: number, code: string, message: string): Behaviour => ({
  status,
  body: { error: { code, message } },
})

export const positionstackErrors: Record<string, Behaviour> = {
  wrongKey: error(401, 'invalid_access_key', 'You have not supplied a valid API Access Key.'),
  plan: error(403, 'function_access_restricted', 'Your plan does not support this function.'),
  notFound: error(404, '404_not_found', 'The requested resource does not exist.'),
  refused: error(422, 'validation_error', 'The request failed with validation error.'),
  quota: error(429, 'usage_limit_reached', 'Your monthly usage limit has been reached.'),
  rate: error(429, 'rate_limit_reached', 'Too many requests.'),
  otherShape: {
    status: 200,
    body: {
      success: false,
      error: { code: 101, type: 'invalid_access_key', info: 'You have not supplied a valid key.' },
    },
  },
}
