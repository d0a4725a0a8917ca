// An answer says what it is of. One for another place than was asked for is none: a city that is kept is
// kept for good.

import { NoAnswerError, type Place } from './provider.ts'

/** The nearest address or station may be some way off, in empty country. */
const FARTHEST_KM = 200
const EARTH_RADIUS_KM = 6_371

/**
 * @param found where the answer says that it is; not checked where it does not say
 * @throws NoAnswerError
 */
export function refuseOtherPlace(
  api: string,
  asked: Place,
  found: { latitude?: number | null | undefined; longitude?: number | null | undefined },
): void {
  const { latitude, longitude } = found
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return
  if (kilometres(asked, { latitude, longitude }) <= FARTHEST_KM) return
  throw new NoAnswerError(
    `${api} answered for ${latitude},${longitude}, not for ${asked.latitude},${asked.longitude}`,
    null,
    true,
  )
}

function kilometres(one: Place, other: Place): number {
  const [from, to] = [one.latitude, other.latitude].map(radians) as [number, number]
  const step =
    Math.sin((to - from) / 2) ** 2 +
    Math.cos(from) * Math.cos(to) * Math.sin(radians(other.longitude - one.longitude) / 2) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(step)))
}

const radians = (degrees: number) => (degrees * Math.PI) / 180
