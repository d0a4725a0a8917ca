// Tasks that look up what messages do not say: the city of a place, the weather, exchange rates.

export { type FindArgs, type FoundLookups, findLookups } from './find-lookups.ts'
export { getCurrencyRates } from './get-currency-rates.ts'
export { getRandomCity } from './get-random-city.ts'
export { getWeather } from './get-weather.ts'
export { hasLiveQuestions, tellMarts, wakeLiveEnrichment } from './live-run.ts'
export type { LookupArgs, LookupResult } from './look-up.ts'
