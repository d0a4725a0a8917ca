// What closed orders are worth, by currency, in plain loops over the messages: no SQL, no code of the
// loads. Exact: amounts are whole numbers of a ten-thousandth.

import type { PlacedText } from '../support/layers.ts'

interface Order {
  currency?: string
  isClosed: boolean
  lines: Map<number, bigint>
}

/**
 * Of source terrace, in pieces on topic user_events.
 *
 * An order whose own message was refused has lines of no known currency: key `null`.
 *
 * @param loaded places (topic/partition/offset) of the messages that were accepted
 */
export function closedAmounts(
  messages: readonly PlacedText[],
  loaded: ReadonlySet<string>,
): Record<string, string> {
  const orders = new Map<string, Order>()
  for (const { place, text } of messages) {
    if (!place.startsWith('user_events/') || !loaded.has(place)) continue
    const { type, payload } = JSON.parse(text)
    if (!/^order/.test(type)) continue
    const order: Order = orders.get(payload.order_id) ?? { isClosed: false, lines: new Map() }
    orders.set(payload.order_id, order)
    if (type === 'order') order.currency = payload.currency
    if (type === 'order_status' && payload.status === 'CLOSED') order.isClosed = true
    if (type === 'order_item') {
      order.lines.set(payload.line_no, BigInt(payload.quantity) * units(payload.unit_price))
    }
  }
  const sums = new Map<string, bigint>()
  for (const { currency, isClosed, lines } of orders.values()) {
    if (!isClosed) continue
    const key = currency ?? 'null'
    for (const amount of lines.values()) sums.set(key, (sums.get(key) ?? 0n) + amount)
  }
  return Object.fromEntries([...sums].sort().map(([currency, sum]) => [currency, money(sum)]))
}

/** Prices have at most two decimals, so a number holds them exactly enough to be read back. */
function units(price: number): bigint {
  return BigInt(Math.round(price * 10_000))
}

function money(units: bigint): string {
  return `${units / 10_000n}.${String(units % 10_000n).padStart(4, '0')}`
}
