import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { Lookup } from './answers.ts'
import { placeOf } from './get-random-city.ts'
import { askContext, type LookupArgs, type LookupResult, lookUp } from './look-up.ts'
import type { PlaceHour, WeatherAnswer } from './provider.ts'
import { openProviders } from './providers.ts'

export const weather: Lookup<PlaceHour, WeatherAnswer> = {
  kind: 'weather',
  question(text) {
    const [place, hour] = text.split('@')
    return { ...placeOf(place!), hour: new Date(hour!) }
  },
  rows: (answer) => [answer ? [answer.condition, answer.temperatureC] : ['unavailable', null]],
}

/** Weather of each place in each hour in which something happened there. */
export async function getWeather(args: LookupArgs, context: TaskContext): Promise<LookupResult> {
  const providers = openProviders(await askContext(args))
  return lookUp(weather, providers.weather, args, context)
}
