// Values of ClickHouse's JSON for the page: 64-bit integers and decimals come as text, and become numbers
// where a double holds every digit.

const NUMERIC = /^(?:Nullable\(|LowCardinality\(|SimpleAggregateFunction\(\w+, )*(?:U?Int|Decimal)/
/** A double holds any number of so many digits. */
const SAFE_DIGITS = 15

export function plainValue(value: unknown, type: string): unknown {
  if (typeof value !== 'string' || !NUMERIC.test(type)) return value
  const digits = value.replace(/[-.]/g, '').replace(/^0+/, '')
  const significant = value.includes('.') ? digits.replace(/0+$/, '') : digits
  return significant.length <= SAFE_DIGITS ? Number(value) : value
}
