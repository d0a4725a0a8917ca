// Source `ehandel` (004): finished sales, each a whole order in one message. Times are those on the
// shop's wall, prices in its currency, ids integers. The same order is delivered more than once.

import { type Adapter, fieldsOf, objectOf, type SourceMessage } from '../messages/adapter.ts'
import type { CleanMessage, OrderLine, SeenProduct } from '../messages/clean-message.ts'
import type { Fields } from '../messages/fields.ts'
import { costOf } from '../messages/money.ts'
import { Rejection } from '../messages/rejection.ts'
import type { SourceRules } from '../messages/source-rules.ts'
import { canonicalJson } from '../messages/strict-json.ts'

export const adapter: Adapter = { read }

function read(message: SourceMessage, rules: SourceRules): CleanMessage {
  const sent = objectOf(message)
  const fields = fieldsOf(sent, message, rules)
  const orderId = fields.integerId('order_id')
  const userId = fields.integerId('customer_id')
  const orderedAt = fields.wallTime('order_time', 'MM/DD/YYYY-hh:mm:ss')
  const details = fields.objects('order_details').map((line) => readLine(line, orderedAt, rules))
  const lines = details.map(({ line }, index) => ({ lineNo: index + 1, ...line }))
  const json = canonicalJson(sent)
  return {
    source: rules.source,
    eventId: orderId,
    eventType: 'order',
    schemaVersion: 1,
    occurredAt: orderedAt,
    orderId,
    userId,
    currency: rules.currency,
    order: {
      orderedAt,
      updatedAt: orderedAt,
      cost: orderCost(lines),
      currency: rules.currency,
      isWhole: true,
    },
    lines,
    statuses: [{ status: 'CLOSED', at: orderedAt }],
    products: details.map(({ product }) => product),
    payload: json,
    canonical: json,
  }
}

function readLine(
  detail: Fields,
  seenAt: string,
  { currency, least_quantity }: SourceRules,
): { line: Omit<OrderLine, 'lineNo'>; product: SeenProduct } {
  const productId = detail.integerId('product_id')
  const price = detail.optionalPrice('price', currency ?? undefined)
  detail.optionalText('price_type', 200)
  return {
    line: {
      productId,
      quantity: String(detail.quantity('quantity', least_quantity)),
      unitPrice: price,
    },
    product: {
      productId,
      seenAt,
      name: detail.optionalText('product_name'),
      category: detail.optionalId('product_type'),
      price,
      currency,
    },
  }
}

function orderCost(lines: readonly OrderLine[]): string | null {
  const cost = costOf(lines)
  if (cost === null || cost.length <= '999999999999999.0000'.length) return cost
  throw new Rejection(
    'number_out_of_range',
    `order_details: the lines cost ${cost}, at most 15 digits before the point are allowed.`,
  )
}
