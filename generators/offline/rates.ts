// Exchange rates without a network, from seeds/fx_rates.json. Rates stay decimal strings: money never
// passes through a floating-point number.

import seed from '../../seeds/fx_rates.json' with { type: 'json' }

export interface DayRates {
  base: 'USD'
  /** Units of each currency for one of the base. */
  rates: Record<string, string>
}

const byDate = new Map<string, Record<string, string>>()
for (const { rate_date, quote, rate } of seed.rates) {
  byDate.set(rate_date, { ...byDate.get(rate_date), [quote]: rate })
}
const dates = [...byDate.keys()].sort()

/** The rates of a day (YYYY-MM-DD), else the last ones before it; none for a day before all of them. */
export function ratesOn(date: string): DayRates {
  const known = dates.findLast((candidate) => candidate <= date)
  return { base: 'USD', rates: known === undefined ? {} : { ...byDate.get(known) } }
}
