import MINOR_UNITS from '../../seeds/currencies.json' with { type: 'json' }

const units = new Map<string, number>(Object.entries(MINOR_UNITS))

/** Decimals of a price whose currency another message states, such as that of an order's line. */
export const MOST_MINOR_UNITS = Math.max(...units.values())

/** null when the shop does not know the currency. */
export function minorUnits(currency: string): number | null {
  return units.get(currency) ?? null
}

/** Σ price × quantity, exact; null when a line has no price. */
export function costOf(
  lines: readonly { quantity: string; unitPrice: string | null }[],
): string | null {
  let sum = 0n
  for (const { quantity, unitPrice } of lines) {
    if (unitPrice === null) return null
    sum += scaled(unitPrice) * BigInt(quantity)
  }
  const digits = String(sum).padStart(SCALE + 1, '0')
  return `${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`
}

/** Decimals that dds keeps. */
const SCALE = 4

function scaled(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(whole + fraction.slice(0, SCALE).padEnd(SCALE, '0'))
}
