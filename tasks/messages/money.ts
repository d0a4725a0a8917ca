// Currencies that shops of ours sell in, with the decimals of their minor units; others are unknown.
const MINOR_UNITS: Record<string, number> = {
  EUR: 2,
  USD: 2,
  GBP: 2,
  CHF: 2,
  TRY: 2,
  SEK: 2,
  NOK: 2,
  DKK: 2,
  PLN: 2,
  CZK: 2,
  RUB: 2,
  UAH: 2,
  KZT: 2,
  CNY: 2,
  INR: 2,
  CAD: 2,
  AUD: 2,
  BRL: 2,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  BHD: 3,
}

/** Decimals of a price whose currency another message states, such as that of an order's line. */
export const MOST_MINOR_UNITS = Math.max(...Object.values(MINOR_UNITS))

/** null when the shop does not know the currency. */
export function minorUnits(currency: string): number | null {
  return Object.hasOwn(MINOR_UNITS, currency) ? MINOR_UNITS[currency]! : null
}
