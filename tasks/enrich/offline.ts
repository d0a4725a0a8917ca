// The providers that need no network: pure functions of the generators. Their replies are kept in
// raw like those of any other.

import { nearestCity, ratesOn, weatherAt } from '../../generators/offline/index.ts'
import type {
  CityAnswer,
  Place,
  PlaceHour,
  Provider,
  RatesAnswer,
  WeatherAnswer,
} from './provider.ts'

function offline<Question, Answer>(
  answer: (question: Question) => Answer,
): Provider<Question, Answer> {
  return {
    name: 'offline',
    ask: async (question) => ({ status: 200, body: Buffer.from(JSON.stringify(answer(question))) }),
    read: (body) => JSON.parse(body.toString()) as Answer,
  }
}

export const offlinePlaces = offline<Place, CityAnswer>(({ latitude, longitude }) =>
  nearestCity(latitude, longitude),
)

export const offlineWeather = offline<PlaceHour, WeatherAnswer>(({ latitude, longitude, hour }) =>
  weatherAt(latitude, longitude, hour),
)

export const offlineRates: Provider<string, RatesAnswer> = {
  ...offline<string, RatesAnswer>((day) => ratesOn(day).rates),
  // The seeds say it again, whatever raw has kept: versions before this one answered for a day before
  // all rates with those of a later year.
  read: (_body, day) => ratesOn(day).rates,
}
