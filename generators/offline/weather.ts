// Weather without a network: a pure function of city and hour, drawn around the city's climate. The
// same hour has the same weather wherever it is asked for, so the generator and the look-ups agree.

import { createRandom } from '../random.ts'
import { type City, findCity } from './cities.ts'

export type Condition = 'clear' | 'clouds' | 'rain' | 'snow' | 'fog' | 'storm'

export interface Weather {
  condition: Condition
  temperatureC: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** The coldest day of the north comes about two weeks into the year. */
const COLDEST_DAY = 15
const DAYS_PER_YEAR = 365.25

/** The weather in the hour that holds `hour`; null where there is no city within 100 km. */
export function weatherAt(lat: number, lon: number, hour: Date): Weather | null {
  const city = findCity(lat, lon)
  return city && cityWeather(city, hour.getTime())
}

export function cityWeather(city: City, at: number): Weather {
  const hour = Math.floor(at / HOUR)
  const day = Math.floor(at / DAY)
  const ofDay = createRandom('weather', city.city, city.country, 'day', day)
  const ofHour = createRandom('weather', city.city, city.country, 'hour', hour)
  const isWetDay = ofDay.chance(city.wet_day_share)
  const anomaly = (ofDay.next() + ofDay.next() - 1) * 6
  const solarHour = (hour + city.longitude / 15) % 24
  const daily = -Math.cos(((solarHour - 3) / 24) * 2 * Math.PI) * (isWetDay ? 2 : 4)
  const temperature = meanOfDay(city, day) + anomaly + daily + (ofHour.next() - 0.5)
  const temperatureC = Math.round(temperature * 10) / 10
  return {
    condition: conditionOf(ofHour.next(), isWetDay, temperatureC),
    temperatureC: temperatureC || 0,
  }
}

/** Between January and July as a cosine; in the south January is the warm one. */
function meanOfDay(city: City, day: number): number {
  const warmth = (1 - Math.cos(((day - COLDEST_DAY) / DAYS_PER_YEAR) * 2 * Math.PI)) / 2
  return city.january_c + (city.july_c - city.january_c) * warmth
}

function conditionOf(draw: number, isWetDay: boolean, temperatureC: number): Condition {
  if (isWetDay) {
    if (draw > 0.45) return 'clouds'
    if (temperatureC <= 1) return 'snow'
    return draw < 0.05 && temperatureC > 15 ? 'storm' : 'rain'
  }
  if (draw < 0.04 && temperatureC < 15) return 'fog'
  return draw < 0.4 ? 'clouds' : 'clear'
}
