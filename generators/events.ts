// Events of the shop in the envelope that its adapters expect.

import type { Product } from './catalogue.ts'
import type { UserProfile } from './users.ts'

export const PLATFORMS = ['desktop', 'mobile-app', 'mobile-web'] as const
export type Platform = (typeof PLATFORMS)[number]

export interface View {
  session_id: string
  user_id: string
  product: Product
  quantity: number
  platform: Platform
}

export type ShopEvent =
  | { type: 'signup' | 'user_profile'; payload: UserProfile }
  | { type: 'view'; payload: View }

export interface Envelope {
  event_id: string
  type: string
  source: 'terrace'
  schema_version: 1
  occurred_at: string
  payload: ShopEvent['payload']
}

/** One event, ready to be sent. */
export function generateEvent(eventId: string, occurredAt: number, event: ShopEvent): Envelope {
  return {
    event_id: eventId,
    type: event.type,
    source: 'terrace',
    schema_version: 1,
    occurred_at: new Date(occurredAt).toISOString(),
    payload: event.payload,
  }
}
