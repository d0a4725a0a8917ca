import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { Lookup } from './answers.ts'
import { askContext, type LookupArgs, type LookupResult, lookUp } from './look-up.ts'
import type { CityAnswer, Place } from './provider.ts'
import { openProviders } from './providers.ts'

export const geo: Lookup<Place, CityAnswer> = {
  kind: 'geo',
  question: placeOf,
  // Open sea is an answer, too: the place is known to have no city.
  rows: (answer) => [[answer?.city ?? null, answer?.country ?? null]],
}

/** City and country of each place that a session was held at, by its coordinates. */
export async function getRandomCity(args: LookupArgs, context: TaskContext): Promise<LookupResult> {
  const providers = openProviders(await askContext(args))
  return lookUp(geo, providers.geo, args, context)
}

/** A place is written as in dds.h_location: `41.0,29.0`. */
export function placeOf(text: string): Place {
  const [latitude, longitude] = text.split(',').map(Number)
  return { latitude: latitude!, longitude: longitude! }
}
