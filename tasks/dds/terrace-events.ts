// The adapter of source `terrace` (003): from its envelope to the event that dds loads. A new kind
// of event is a new line of `KINDS`.

import { type FieldReader, readFields } from './fields.ts'
import { quoted, Rejection } from './rejection.ts'
import { canonicalJson, type StrictObject } from './strict-json.ts'

/** An event that every later layer can hold. */
export interface CleanEvent {
  source: string
  eventId: string
  eventType: string
  schemaVersion: number
  occurredAt: string
  userId: string | null
  sessionId: string | null
  productId: string | null
  platform: string | null
  /** JSON text. */
  payload: string
  /** One text for all messages that say the same, whatever the order of their keys. */
  canonical: string
}

type Keys = Pick<CleanEvent, 'userId' | 'sessionId' | 'productId' | 'platform'>
type Kind = (payload: FieldReader, latest: Date) => Keys

const SCHEMA_VERSIONS = [1]
const PLATFORMS = ['desktop', 'mobile-app', 'mobile-web'] as const

const KINDS = new Map<string, Kind>([
  ['signup', readProfile],
  ['user_profile', readProfile],
  ['view', readView],
])

/** @throws Rejection */
export function readTerraceEvent(envelope: StrictObject, latest: Date): CleanEvent {
  const fields = readFields(envelope)
  const source = fields.text('source')
  if (source !== 'terrace') {
    throw new Rejection('unknown_source', `source: found ${quoted(source)}, allowed is terrace.`)
  }
  const eventId = fields.id('event_id')
  const eventType = fields.text('type')
  const kind = KINDS.get(eventType)
  if (kind === undefined) {
    const known = [...KINDS.keys()].join(', ')
    throw new Rejection('unknown_type', `type: found ${quoted(eventType)}, allowed are ${known}.`)
  }
  const schemaVersion = fields.integer('schema_version')
  if (!SCHEMA_VERSIONS.includes(schemaVersion)) {
    const known = SCHEMA_VERSIONS.join(', ')
    throw new Rejection(
      'unknown_schema_version',
      `schema_version: found ${schemaVersion}, allowed are ${known}.`,
    )
  }
  const occurredAt = fields.time('occurred_at', latest)
  const payload = fields.object('payload')
  const keys = kind(payload, latest)
  return {
    source,
    eventId,
    eventType,
    schemaVersion,
    occurredAt,
    ...keys,
    payload: payload.json,
    canonical: canonicalJson(envelope),
  }
}

function readProfile(payload: FieldReader, latest: Date): Keys {
  payload.optionalText('email', 320)
  payload.optionalText('name')
  payload.optionalText('gender', 40)
  payload.optionalText('language', 40)
  payload.date('birth_date', latest)
  if (payload.optionalText('registered_at') !== null) payload.time('registered_at', latest)
  return { userId: payload.id('user_id'), sessionId: null, productId: null, platform: null }
}

function readView(payload: FieldReader): Keys {
  const product = payload.object('product')
  product.optionalText('name')
  product.optionalText('category', 200)
  product.price('price', product.currency('currency'))
  payload.quantity('quantity')
  return {
    userId: payload.id('user_id'),
    sessionId: payload.id('session_id'),
    productId: product.id('product_id'),
    platform: payload.oneOf('platform', PLATFORMS),
  }
}
