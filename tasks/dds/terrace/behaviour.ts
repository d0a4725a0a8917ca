// What a user does in the shop: sessions, products looked at and taken.

import type { EventKeys } from '../clean-event.ts'
import type { Fields } from '../fields.ts'

const PLATFORMS = ['desktop', 'mobile-app', 'mobile-web'] as const
const CONDITIONS = ['clear', 'clouds', 'rain', 'snow', 'fog', 'storm', 'unavailable'] as const

export function readSession(payload: Fields): EventKeys {
  payload.optionalText('referrer')
  return {
    userId: payload.id('user_id'),
    sessionId: payload.id('session_id'),
    campaignId: payload.optionalId('campaign_id'),
  }
}

export function readProductEvent(payload: Fields): EventKeys {
  const product = payload.object('product')
  product.optionalText('name')
  product.price('price', product.currency('currency'))
  payload.quantity('quantity')
  const weather = payload.optionalObject('weather')
  weather?.oneOf('condition', CONDITIONS)
  weather?.optionalTemperature('temperature_c')
  return {
    userId: payload.id('user_id'),
    sessionId: payload.id('session_id'),
    productId: product.id('product_id'),
    category: product.optionalId('category'),
    platform: payload.oneOf('platform', PLATFORMS),
  }
}
