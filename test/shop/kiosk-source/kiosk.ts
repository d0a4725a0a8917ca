// Source `kiosk`: receipts of a till, each a whole sale. Times are those on its wall.

import { type Adapter, fieldsOf, objectOf } from '../../../tasks/messages/adapter.ts'
import { costOf } from '../../../tasks/messages/money.ts'
import { canonicalJson } from '../../../tasks/messages/strict-json.ts'

export const adapter: Adapter = {
  read(message, rules) {
    const receipt = objectOf(message)
    const fields = fieldsOf(receipt, message, rules)
    const { currency } = rules
    const orderId = fields.id('receipt')
    const soldAt = fields.wallTime('sold', 'DD.MM.YYYY hh:mm')
    const items = fields.objects('items').map((item) => ({
      productId: item.id('sku'),
      name: item.optionalText('label'),
      quantity: String(item.quantity('pieces', rules.least_quantity)),
      unitPrice: item.price('each', currency ?? undefined),
    }))
    const json = canonicalJson(receipt)
    return {
      source: rules.source,
      eventId: orderId,
      eventType: 'order',
      schemaVersion: 1,
      occurredAt: soldAt,
      orderId,
      userId: fields.optionalId('card'),
      currency,
      order: {
        orderedAt: soldAt,
        updatedAt: soldAt,
        cost: costOf(items),
        currency,
        isWhole: true,
      },
      lines: items.map(({ productId, quantity, unitPrice }, index) => ({
        lineNo: index + 1,
        productId,
        quantity,
        unitPrice,
      })),
      statuses: [{ status: 'CLOSED', at: soldAt }],
      products: items.map(({ productId, name, unitPrice }) => ({
        productId,
        seenAt: soldAt,
        name,
        category: null,
        price: unitPrice,
        currency,
      })),
      payload: json,
      canonical: json,
    }
  },
}
