// What an adapter makes of a message: the common model that dds loads, whatever the source.

import type { Fields } from './fields.ts'

/** An event that every later layer can hold. */
export interface CleanEvent extends EventKeys {
  source: string
  eventId: string
  eventType: string
  schemaVersion: number
  occurredAt: string
  /** JSON text. */
  payload: string
  /** One text for all messages that say the same, whatever the order of their keys. */
  canonical: string
}

/** The business keys of an event; each names a row of a hub. */
export interface EventKeys {
  userId?: string | null
  sessionId?: string | null
  productId?: string | null
  category?: string | null
  orderId?: string | null
  campaignId?: string | null
  platform?: string | null
}

/** Reads every field of a payload that dds keeps. */
export type EventKind = (payload: Fields) => EventKeys
