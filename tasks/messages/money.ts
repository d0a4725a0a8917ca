import MINOR_UNITS from '../../seeds/currencies.json' with { type: 'json' }

const units = new Map<string, number>(Object.entries(MINOR_UNITS))

/** Decimals of a price whose currency another message states, such as that of an order's line. */
export const MOST_MINOR_UNITS = Math.max(...units.values())

/** null when the shop does not know the currency. */
export function minorUnits(currency: string): number | null {
  return units.get(currency) ?? null
}
