// A verdict as a row of the temporary table that sql/dds/load/stage_event.sql reads.

import { hash } from 'node:crypto'
import type { CopyValue } from '../../connections/copy-rows.ts'
import type { CleanMessage } from '../messages/clean-message.ts'
import type { RejectionReason } from '../messages/rejection.ts'
import { type Verdict, validateMessage } from '../messages/validate-message.ts'
import { compositeArrayText, compositeText } from './composite-text.ts'
import type { PlacedMessage } from './raw-page.ts'
import type { PendingRange } from './watermarks.ts'

/** What a message becomes, column by column of sql/dds/load/incoming.sql. */
const COLUMNS_OF_MESSAGE = {
  source: (clean) => clean.source,
  event_id: (clean) => clean.eventId,
  event_type: (clean) => clean.eventType,
  schema_version: (clean) => clean.schemaVersion,
  occurred_at: (clean) => clean.occurredAt,
  user_id: (clean) => clean.userId,
  session_id: (clean) => clean.sessionId,
  product_id: (clean) => clean.productId,
  category: (clean) => clean.category,
  order_id: (clean) => clean.orderId,
  campaign_id: (clean) => clean.campaignId,
  platform: (clean) => clean.platform,
  quantity: (clean) => clean.quantity,
  unit_price: (clean) => clean.unitPrice,
  currency: (clean) => clean.currency,
  action: (clean) => clean.action,
  cost: (clean) => clean.cost,
  weather: (clean) => clean.weather,
  temperature_c: (clean) => clean.temperatureC,
  payload: (clean) => (KINDS_READ_FROM_PAYLOAD.has(clean.eventType) ? clean.payload : null),
  payload_hash: (clean) => hash('md5', clean.canonical),
  said_order: ({ order }) =>
    order &&
    compositeText([order.orderedAt, order.updatedAt, order.cost, order.currency, order.isWhole]),
  said_lines: ({ lines }) =>
    compositeArrayText(
      lines?.map(({ lineNo, productId, quantity, unitPrice }) => [
        lineNo,
        productId,
        quantity,
        unitPrice,
      ]),
    ),
  said_statuses: ({ statuses }) =>
    compositeArrayText(statuses?.map(({ status, at }) => [status, at])),
  said_products: ({ products }) =>
    compositeArrayText(
      products?.map(({ productId, seenAt, name, category, price, currency }) => [
        productId,
        seenAt,
        name,
        category,
        price,
        currency,
      ]),
    ),
} satisfies Record<string, (clean: CleanMessage) => CopyValue | undefined>

/** What else is said of a user, a device, a place or a campaign is read from JSON by its statement. */
const KINDS_READ_FROM_PAYLOAD = new Set([
  'signup',
  'user_profile',
  'user_device',
  'user_location',
  'campaign_event',
])

const VALUES: readonly ((clean: CleanMessage) => CopyValue | undefined)[] =
  Object.values(COLUMNS_OF_MESSAGE)

export const INCOMING_COLUMNS = [
  'log_id',
  'topic',
  'kafka_partition',
  'kafka_offset',
  'reason',
  'detail',
  ...Object.keys(COLUMNS_OF_MESSAGE),
  'new_fields',
] as const

export type IncomingRow = CopyValue[]

type Refusal = Extract<Verdict, { reason: RejectionReason }>

export function incomingRow(
  topic: string,
  range: Pick<PendingRange, 'logId' | 'partition'>,
  message: PlacedMessage,
): IncomingRow {
  const verdict = validateMessage(message)
  return 'reason' in verdict
    ? refusedRow(topic, range, message.offset, verdict)
    : acceptedRow(topic, range, message.offset, verdict.message, verdict.newFields)
}

export function acceptedRow(
  topic: string,
  { logId, partition }: Pick<PendingRange, 'logId' | 'partition'>,
  offset: string,
  clean: CleanMessage,
  newFields?: readonly string[],
): IncomingRow {
  const row: IncomingRow = [logId, topic, partition, offset, null, null]
  for (const value of VALUES) row.push(value(clean) ?? null)
  row.push(newFields === undefined ? null : JSON.stringify(newFields))
  return row
}

export function refusedRow(
  topic: string,
  { logId, partition }: Pick<PendingRange, 'logId' | 'partition'>,
  offset: string,
  { reason, detail, eventId, source }: Refusal,
): IncomingRow {
  const row: IncomingRow = [logId, topic, partition, offset, reason, detail]
  for (const column of Object.keys(COLUMNS_OF_MESSAGE)) {
    row.push(column === 'event_id' ? eventId : column === 'source' ? source : null)
  }
  row.push(null)
  return row
}
