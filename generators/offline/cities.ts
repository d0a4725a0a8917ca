// The cities of seeds/cities.json, and which of them a point belongs to.

import seed from '../../seeds/cities.json' with { type: 'json' }

export interface City {
  city: string
  /** ISO 3166-1 alpha-2. */
  country: string
  latitude: number
  longitude: number
  /** How many of the shop's customers live there, beside the others. */
  weight: number
  january_c: number
  july_c: number
  wet_day_share: number
}

export const CITIES: readonly City[] = seed

const REACH_KM = 100
const KM_PER_DEGREE = 111.2
const RADIANS = Math.PI / 180

/** null beyond 100 km of every city: open sea, or a place that the seeds do not know. */
export function nearestCity(lat: number, lon: number): Pick<City, 'city' | 'country'> | null {
  const found = findCity(lat, lon)
  return found && { city: found.city, country: found.country }
}

export function findCity(lat: number, lon: number): City | null {
  let nearest: City | null = null
  let nearestKm = REACH_KM
  for (const city of CITIES) {
    const km = distanceKm(lat, lon, city)
    if (km > nearestKm) continue
    nearest = city
    nearestKm = km
  }
  return nearest
}

/** On a flat map, which is exact enough for a hundred kilometres. */
function distanceKm(lat: number, lon: number, { latitude, longitude }: City): number {
  const east = ((lon - longitude + 540) % 360) - 180
  const narrowing = Math.cos(((lat + latitude) / 2) * RADIANS)
  return Math.hypot(lat - latitude, east * narrowing) * KM_PER_DEGREE
}
