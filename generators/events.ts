// Events of the shop in the envelope that its adapters expect.

import type { Product } from './catalogue.ts'
import type { Condition } from './offline/index.ts'
import type { UserProfile } from './users.ts'

export const PLATFORMS = ['desktop', 'mobile-app', 'mobile-web'] as const
export type Platform = (typeof PLATFORMS)[number]

export interface UserDevice {
  user_id: string
  session_id: string
  device_type: 'desktop' | 'mobile' | 'tablet'
  os: string
  browser: string
  /** null outside the app. */
  app_version: string | null
}

export interface UserLocation {
  user_id: string
  session_id: string
  lat: number
  lon: number
  /** Null, both, until they are looked up. */
  city: string | null
  country: string | null
}

export interface SessionMark {
  session_id: string
  user_id: string
  campaign_id: string | null
  referrer: string | null
}

/** Payload of view, cart and purchase. */
export interface View {
  session_id: string
  user_id: string
  product: Product
  quantity: number
  platform: Platform
  /** Null until it is looked up. */
  weather?: { condition: Condition; temperature_c: number } | null
}

export interface CampaignEvent {
  campaign_id: string
  name: string
  channel: string
  action: 'impression' | 'click' | 'conversion'
  cost: number
  currency: string
  user_id: string | null
  session_id: string | null
}

export interface Order {
  order_id: string
  user_id: string
  session_id: string
  campaign_id: string | null
  currency: string
  cost: number
}

export interface OrderItem {
  order_id: string
  line_no: number
  product_id: string
  quantity: number
  unit_price: number
}

export type Status = 'OPEN' | 'COOKING' | 'DELIVERING' | 'CLOSED' | 'CANCELLED'

export interface OrderStatus {
  order_id: string
  status: Status
  at: string
}

export type ShopEvent =
  | { type: 'signup' | 'user_profile'; payload: UserProfile }
  | { type: 'user_device'; payload: UserDevice }
  | { type: 'user_location'; payload: UserLocation }
  | { type: 'session_start' | 'session_end'; payload: SessionMark }
  | { type: 'view' | 'cart' | 'purchase'; payload: View }
  | { type: 'campaign_event'; payload: CampaignEvent }
  | { type: 'order'; payload: Order }
  | { type: 'order_item'; payload: OrderItem }
  | { type: 'order_status'; payload: OrderStatus }

/** What happens at a moment, before it becomes a message. */
export interface TimedEvent {
  at: number
  /** The user, or the campaign where nobody is known: messages of one key keep their order. */
  key: string
  event: ShopEvent
  /** Set on an event that nobody should believe although its form is right. */
  flaw?: 'status_after_closed'
}

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
