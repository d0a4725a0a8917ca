// A verdict as a row of the temporary table that sql/dds/load/stage_event.sql reads.

import { hash } from 'node:crypto'
import type { CopyValue } from '../../connections/copy-rows.ts'
import type { PlacedMessage } from './raw-page.ts'
import type { RejectionReason } from './rejection.ts'
import { type Verdict, validateMessage } from './validate-message.ts'
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

type Refusal = Extract<Verdict, { reason: RejectionReason }>

export function incomingRow(
  topic: string,
  range: Pick<PendingRange, 'logId' | 'partition'>,
  message: PlacedMessage,
): IncomingRow {
  const verdict = validateMessage(message)
  if ('reason' in verdict) return refusedRow(topic, range, message.offset, verdict)
  const { event } = verdict
  return [
    range.logId,
    topic,
    range.partition,
    message.offset,
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

export function refusedRow(
  topic: string,
  { logId, partition }: Pick<PendingRange, 'logId' | 'partition'>,
  offset: string,
  { reason, detail, eventId }: Refusal,
): IncomingRow {
  const nothing = Array<null>(12).fill(null)
  return [logId, topic, partition, offset, reason, detail, null, eventId, ...nothing]
}
