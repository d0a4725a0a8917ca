// What an adapter makes of a message: the common model that dds loads, whatever the source. Numbers
// are decimal text and times ISO 8601 in UTC with microseconds, so that no digit is lost on the way.

/** One message that every later layer can hold. What it says nothing about is absent or null. */
export interface CleanMessage extends BusinessKeys, EventMeasures {
  source: string
  eventId: string
  eventType: string
  schemaVersion: number
  occurredAt: string
  /** JSON text; only statements of users, devices, places and campaigns read it. */
  payload: string
  /** One text for all messages that say the same; its hash tells a duplicate from a conflict. */
  canonical: string
  order?: OrderPart
  lines?: OrderLine[]
  statuses?: OrderStatusAt[]
  products?: SeenProduct[]
}

/** Each names a row of a hub. */
export interface BusinessKeys {
  userId?: string | null
  sessionId?: string | null
  productId?: string | null
  category?: string | null
  orderId?: string | null
  campaignId?: string | null
  platform?: string | null
}

/** What dds.nl_event keeps of the event itself. */
export interface EventMeasures {
  quantity?: string | null
  unitPrice?: string | null
  currency?: string | null
  action?: string | null
  cost?: string | null
  weather?: string | null
  temperatureC?: string | null
}

export interface OrderPart {
  orderedAt: string
  /** Of several messages about one order the newest holds. */
  updatedAt: string
  cost: string | null
  currency: string | null
  /** The message holds all lines of the order: those of an earlier one that it lacks are gone. */
  isWhole: boolean
}

export interface OrderLine {
  lineNo: number
  productId: string
  quantity: string
  /** null: the source sends no prices. */
  unitPrice: string | null
}

export const ORDER_STATUSES = ['OPEN', 'COOKING', 'DELIVERING', 'CLOSED', 'CANCELLED'] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

export interface OrderStatusAt {
  status: OrderStatus
  at: string
}

export interface SeenProduct {
  productId: string
  seenAt: string
  name: string | null
  category: string | null
  price: string | null
  currency: string | null
}
