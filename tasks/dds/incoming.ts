// A verdict as a row of the temporary table that sql/dds/load/stage_event.sql reads.

import { hash } from 'node:crypto'
import type { CopyValue } from '../../connections/copy-rows.ts'
import type { PlacedMessage } from './raw-page.ts'
import { validateMessage } from './validate-message.ts'
import type { PendingRange } from './watermarks.ts'

export const INCOMING_COLUMNS = [
  'log_id',
  'topic',
  'kafka_partition',
  'kafka_offset',
  'reason',
  'detail',
  'source',
  'event_id',
  'event_type',
  'schema_version',
  'occurred_at',
  'user_id',
  'session_id',
  'product_id',
  'category',
  'order_id',
  'campaign_id',
  'platform',
  'payload',
  'payload_hash',
] as const

export type IncomingRow = CopyValue[]

export function incomingRow(
  topic: string,
  { logId, partition }: Pick<PendingRange, 'logId' | 'partition'>,
  message: PlacedMessage,
): IncomingRow {
  const place = [logId, topic, partition, message.offset]
  const verdict = validateMessage(message)
  if ('reason' in verdict) {
    const nothing = Array<null>(12).fill(null)
    return [...place, verdict.reason, verdict.detail, null, verdict.eventId, ...nothing]
  }
  const { event } = verdict
  return [
    ...place,
    null,
    null,
    event.source,
    event.eventId,
    event.eventType,
    event.schemaVersion,
    event.occurredAt,
    event.userId ?? null,
    event.sessionId ?? null,
    event.productId ?? null,
    event.category ?? null,
    event.orderId ?? null,
    event.campaignId ?? null,
    event.platform ?? null,
    event.payload,
    hash('md5', event.canonical),
  ]
}
