// Who is asked: the live API whose key is set, else the offline answers. Each API for itself.

import { type Environment, loadEnvironment } from '../../connections/environment.ts'
import { type LiveContext, live } from './live.ts'
import { offlinePlaces, offlineRates, offlineWeather } from './offline.ts'
import { openExchangeRates } from './open-exchange-rates.ts'
import { openWeather } from './open-weather.ts'
import { positionstack } from './positionstack.ts'
import type {
  CityAnswer,
  Place,
  PlaceHour,
  Provider,
  RatesAnswer,
  WeatherAnswer,
} from './provider.ts'

export interface Providers {
  geo: Provider<Place, CityAnswer>
  weather: Provider<PlaceHour, WeatherAnswer>
  fx: Provider<string, RatesAnswer>
}

export type LookupKind = keyof Providers

export function openProviders(context: LiveContext): Providers {
  const apis = liveApis(loadEnvironment())
  return {
    geo: apis.geo ? live(apis.geo, context) : offlinePlaces,
    weather: apis.weather ? live(apis.weather, context) : offlineWeather,
    fx: apis.fx ? live(apis.fx, context) : offlineRates,
  }
}

/** How to speak to each API whose key is set; null for the others. */
export function liveApis(environment: Environment) {
  const timeoutMs = environment.OUTER_API_TIMEOUT_SECONDS * 1000
  const {
    POSITIONSTACK_KEY: placesKey,
    OPENEXCHANGERATES_APP_ID: ratesKey = environment.CURRENCY_API,
    OPENWEATHER_KEY: weatherKey = environment.WEATHER_API_KEY,
  } = environment
  return {
    geo: placesKey
      ? positionstack(
          { url: environment.POSITIONSTACK_URL, key: placesKey, timeoutMs },
          { callsPerMonth: environment.POSITIONSTACK_MONTHLY_CALLS, callsPerMinute: null },
        )
      : null,
    weather: weatherKey
      ? openWeather(
          { url: environment.OPENWEATHER_URL, key: weatherKey, timeoutMs },
          {
            callsPerMonth: environment.OPENWEATHER_MONTHLY_CALLS,
            callsPerMinute: environment.OPENWEATHER_CALLS_PER_MINUTE,
          },
          () => new Date(),
        )
      : null,
    fx: ratesKey
      ? openExchangeRates(
          { url: environment.OPENEXCHANGERATES_URL, key: ratesKey, timeoutMs },
          { callsPerMonth: environment.OPENEXCHANGERATES_MONTHLY_CALLS, callsPerMinute: null },
          () => new Date().toISOString().slice(0, 10),
        )
      : null,
  }
}
