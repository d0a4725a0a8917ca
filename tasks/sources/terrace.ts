// Source `terrace` (003): the events of our generator, an envelope around a payload. A new kind of
// event is a new line of `KINDS`.
//
// An order comes in pieces: the order, its lines, its statuses. Any of them may be the first to
// arrive; a piece whose order is not there yet stands on a ghost.

import { type Adapter, fieldsOf, objectOf, type SourceMessage } from '../messages/adapter.ts'
import { type CleanMessage, ORDER_STATUSES } from '../messages/clean-message.ts'
import type { Fields } from '../messages/fields.ts'
import { quoted, Rejection } from '../messages/rejection.ts'
import type { SourceRules } from '../messages/source-rules.ts'
import { canonicalJson, canonicalObject } from '../messages/strict-json.ts'

export const adapter: Adapter = { read }

const SCHEMA_VERSIONS = [1]
const PLATFORMS = ['desktop', 'mobile-app', 'mobile-web'] as const
const CONDITIONS = ['clear', 'clouds', 'rain', 'snow', 'fog', 'storm', 'unavailable'] as const
const DEVICE_TYPES = ['desktop', 'mobile', 'tablet'] as const
const ACTIONS = ['impression', 'click', 'conversion'] as const

/** Reads every field of a payload that dds keeps. */
type Kind = (payload: Fields, occurredAt: string) => Partial<CleanMessage>

const KINDS = new Map<string, Kind>([
  ['signup', readProfile],
  ['user_profile', readProfile],
  ['user_device', readDevice],
  ['user_location', readLocation],
  ['session_start', readSession],
  ['session_end', readSession],
  ['view', readProductEvent],
  ['cart', readProductEvent],
  ['purchase', readProductEvent],
  ['campaign_event', readCampaignEvent],
  ['order', readOrder],
  ['order_item', readOrderItem],
  ['order_status', readOrderStatus],
])

function read(message: SourceMessage, rules: SourceRules): CleanMessage {
  const envelope = objectOf(message)
  const fields = fieldsOf(envelope, message, rules)
  const source = fields.text('source')
  if (source !== rules.source) {
    throw new Rejection(
      'unknown_source',
      `source: found ${quoted(source)}, allowed is ${rules.source}.`,
    )
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
  const occurredAt = fields.time('occurred_at')
  const payload = fields.object('payload')
  const said = kind(payload, occurredAt)
  const json = payload.json
  return {
    source,
    eventId,
    eventType,
    schemaVersion,
    occurredAt,
    ...said,
    payload: json,
    canonical: canonicalObject(envelope, (member, key) =>
      key === 'payload' ? json : canonicalJson(member),
    ),
  }
}

// Who the user is, with which device and from where.

function readProfile(payload: Fields): Partial<CleanMessage> {
  payload.optionalText('email', 320)
  payload.optionalText('name')
  payload.optionalText('gender', 40)
  payload.optionalText('language', 40)
  payload.optionalDate('birth_date')
  payload.optionalTime('registered_at')
  return { userId: payload.id('user_id') }
}

function readDevice(payload: Fields): Partial<CleanMessage> {
  payload.oneOf('device_type', DEVICE_TYPES)
  payload.text('os', 200)
  payload.text('browser', 200)
  payload.optionalText('app_version', 200)
  return { userId: payload.id('user_id'), sessionId: payload.id('session_id') }
}

function readLocation(payload: Fields): Partial<CleanMessage> {
  payload.degrees('lat', 90)
  payload.degrees('lon', 180)
  payload.optionalText('city', 200)
  payload.optionalCountry('country')
  return { userId: payload.id('user_id'), sessionId: payload.id('session_id') }
}

// What the user does in the shop: sessions, products looked at and taken.

function readSession(payload: Fields): Partial<CleanMessage> {
  payload.optionalText('referrer')
  return {
    userId: payload.id('user_id'),
    sessionId: payload.id('session_id'),
    campaignId: payload.optionalId('campaign_id'),
  }
}

function readProductEvent(payload: Fields, occurredAt: string): Partial<CleanMessage> {
  const product = payload.object('product')
  const name = product.optionalText('name')
  const currency = product.currency('currency')
  const price = product.price('price', currency)
  const quantity = payload.quantity('quantity')
  const weather = payload.optionalObject('weather')
  const condition = weather?.oneOf('condition', CONDITIONS) ?? null
  const temperatureC = weather?.optionalTemperature('temperature_c') ?? null
  const userId = payload.id('user_id')
  const sessionId = payload.id('session_id')
  const productId = product.id('product_id')
  const category = product.optionalId('category')
  return {
    userId,
    sessionId,
    productId,
    category,
    platform: payload.oneOf('platform', PLATFORMS),
    quantity: String(quantity),
    unitPrice: price,
    currency,
    weather: condition,
    temperatureC,
    products: [{ productId, seenAt: occurredAt, name, category, price, currency }],
  }
}

function readCampaignEvent(payload: Fields): Partial<CleanMessage> {
  payload.text('name')
  payload.text('channel', 200)
  const action = payload.oneOf('action', ACTIONS)
  const currency = payload.currency('currency')
  const cost = payload.price('cost', currency)
  return {
    campaignId: payload.id('campaign_id'),
    userId: payload.optionalId('user_id'),
    sessionId: payload.optionalId('session_id'),
    action,
    cost,
    currency,
  }
}

// Orders.

function readOrder(payload: Fields, occurredAt: string): Partial<CleanMessage> {
  const currency = payload.currency('currency')
  const cost = payload.price('cost', currency)
  return {
    orderId: payload.id('order_id'),
    userId: payload.id('user_id'),
    sessionId: payload.id('session_id'),
    campaignId: payload.optionalId('campaign_id'),
    currency,
    order: { orderedAt: occurredAt, updatedAt: occurredAt, cost, currency, isWhole: false },
  }
}

function readOrderItem(payload: Fields): Partial<CleanMessage> {
  const lineNo = payload.lineNumber('line_no')
  const quantity = String(payload.quantity('quantity'))
  const unitPrice = payload.price('unit_price')
  const orderId = payload.id('order_id')
  const productId = payload.id('product_id')
  return {
    orderId,
    productId,
    quantity,
    unitPrice,
    lines: [{ lineNo, productId, quantity, unitPrice }],
  }
}

function readOrderStatus(payload: Fields): Partial<CleanMessage> {
  const status = payload.oneOf('status', ORDER_STATUSES)
  const at = payload.time('at')
  return { orderId: payload.id('order_id'), action: status, statuses: [{ status, at }] }
}
