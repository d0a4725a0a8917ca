// An order comes in pieces: the order, its lines, its statuses. Any of them may be the first to
// arrive; a piece whose order is not there yet stands on a ghost.

import type { EventKeys } from '../clean-event.ts'
import type { Fields } from '../fields.ts'

const STATUSES = ['OPEN', 'COOKING', 'DELIVERING', 'CLOSED', 'CANCELLED'] as const

export function readOrder(payload: Fields): EventKeys {
  payload.price('cost', payload.currency('currency'))
  return {
    orderId: payload.id('order_id'),
    userId: payload.id('user_id'),
    sessionId: payload.id('session_id'),
    campaignId: payload.optionalId('campaign_id'),
  }
}

export function readOrderItem(payload: Fields): EventKeys {
  payload.lineNumber('line_no')
  payload.quantity('quantity')
  payload.price('unit_price')
  return { orderId: payload.id('order_id'), productId: payload.id('product_id') }
}

export function readOrderStatus(payload: Fields): EventKeys {
  payload.oneOf('status', STATUSES)
  payload.time('at')
  return { orderId: payload.id('order_id') }
}
