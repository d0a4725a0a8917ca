// Look-ups that answer without a network, as pure functions of their arguments.

export { type City, nearestCity } from './cities.ts'
export { type DayRates, ratesOn } from './rates.ts'
export { type Condition, type Weather, weatherAt } from './weather.ts'
